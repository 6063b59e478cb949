"""The fields of forms, records and JSON that say something of the person they are about: `Diagnosis: …`, `Religion: …`.

A record's field says it of its person, whatever else stands in the text. What a diagnosis is may be any words.
"""

import re

_FIELDS = {
    "HEALTH_CONDITION": (
        r"diagnos(?:is|es|e|en|is codes?|tic|tico|tyka)|primary diagnosis|secondary diagnosis|(?:pre|"
        r"post)operative diagnos[ie]s|"
        r"(?:admitting|admission|discharge|final|working|current|clinical|principal) diagnos[ie]s|"
        r"medical (?:condition|conditions|history)|past medical history|pmh|pmhx|chronic conditions?|"
        r"health conditions?|"
        r"allerg(?:y|ies)|known allergies|disabilit(?:y|ies)|impression|comorbidities|reason for (?:sick leave|"
        r"absence|admission)|"
        r"diagnosen?|hauptdiagnose|nebendiagnosen?|vorerkrankung(?:en)?|allergien?|behinderung|"
        r"grund der krankschreibung|aufnahmediagnose|"
        r"diagnostics?|antécédents(?: médicaux)?|allergies?|handicap|diagnóstico(?: principal)?|"
        r"antecedentes(?: médicos)?|alergias?|discapacidad|"
        r"diagnosi|anamnesi|allergie|disabilità|diagnose|voorgeschiedenis|allergieën|beperking|diagnóstico|"
        r"histórico médico|deficiência|"
        r"rozpoznanie|choroby przewlekłe|alergie|niepełnosprawność|diagnoza"
    ),
    "RELIGION": (
        r"religio(?:n|us affiliation)|faith|denomination|religious belief|konfession|religion(?:szugehörigkeit)?|"
        r"kirchensteuermerkmal|"
        r"confession|religión|religione|religie|geloof|kerkgenootschap|religião|religia|wyznanie"
    ),
    "POLITICAL_OPINION": (
        r"political (?:party|affiliation|opinion|views?|orientation)|party (?:affiliation|membership)|"
        r"partei(?:zugehörigkeit|mitgliedschaft)?|"
        r"politische (?:gesinnung|einstellung|orientierung)|parti politique|opinion politique|"
        r"afiliación política|partido(?: político)?|"
        r"orientamento politico|partito|politieke (?:voorkeur|partij)|filiação partidária|poglądy polityczne|"
        r"przynależność partyjna"
    ),
    "UNION_MEMBERSHIP": (
        r"(?:trade |labor |labour )?union(?: membership| member| affiliation)?|gewerkschaft(?:szugehörigkeit|"
        r"smitgliedschaft)?|syndicat|"
        r"afiliación sindical|sindicato|iscrizione sindacale|sindacato|vakbond(?:slidmaatschap)?|"
        r"filiação sindical|związek zawodowy"
    ),
    "ETHNIC_ORIGIN": (
        r"ethnicity|race|ethnic (?:origin|group|background)|race ?/ ?ethnicity|racial origin|"
        r"ethnische (?:herkunft|zugehörigkeit)|ethnie|"
        r"origine ethnique|origen étnico|etnia|raza|origine etnica|etniciteit|etnische (?:afkomst|achtergrond)|"
        r"origem étnica|raça(?: ?/ ?cor)?|"
        r"narodowość i pochodzenie|pochodzenie etniczne"
    ),
    "SEXUAL_ORIENTATION": (
        r"sexual orientation|sexuality|gender identity|sexuelle orientierung|sexualität|orientation sexuelle|"
        r"orientación sexual|"
        r"orientamento sessuale|seksuele (?:geaardheid|oriëntatie|voorkeur)|geaardheid|orientação sexual|"
        r"orientacja seksualna"
    ),
    "CRIMINAL_RECORD": (
        r"criminal (?:record|history|convictions?|background)|prior convictions?|convictions?|vorstrafen|"
        r"führungszeugnis|casier judiciaire|"
        r"antecedentes penales|precedenti penali|strafblad|antecedentes criminais|karalność|wyroki"
    ),
    "GENETIC_DATA": (
        r"genetic (?:test|result|test result|marker|mutation|variant|predisposition)s?|genotype|karyotype|"
        r"mutation status|gentest|genotyp|"
        r"test génétique|test genético|test genetico|genetische test|teste genético|badanie genetyczne"
    ),
}  # fmt: skip
# One of these stands in every text that has such a field.
SIGNS = {
    "HEALTH_CONDITION": (
        "diagnos", "medical", "pmh", "condition", "allerg", "disabilit", "impression", "comorbid", "reason for",
        "vorerkrankung",
        "behinderung", "krankschreibung", "antécédent", "antecedent", "handicap", "alergi", "discapacidad",
        "diagnóst", "anamnes",
        "voorgeschiedenis", "beperking", "histórico", "deficiência", "rozpoznanie", "choroby", "niepełno", "diagnoz",
    ),
    "RELIGION": (
        "religi", "faith", "denominat", "konfession", "kirchenst", "confession", "geloof", "kerkgen", "religião",
        "wyznanie",
    ),
    "POLITICAL_OPINION": ("politi", "party", "partei", "parti", "poglądy", "przynależność"),
    "UNION_MEMBERSHIP": ("union", "gewerkschaft", "syndic", "sindic", "sindac", "vakbond", "związek"),
    "ETHNIC_ORIGIN": ("ethni", "race", "racial", "ethnisch", "étni", "etni", "raza", "raça", "pochodzenie"),
    "SEXUAL_ORIENTATION": ("sexual", "gender ident", "gender_ident", "sexuel", "sessual", "seksu", "geaardheid"),
    "CRIMINAL_RECORD": (
        "criminal", "conviction", "vorstraf", "führungsz", "casier", "penal", "strafblad", "criminai", "karalno",
        "wyroki",
    ),
    "GENETIC_DATA": (
        "genetic", "genotyp", "karyotyp", "mutation", "gentest", "génétique", "genétic", "genético", "genetyczne",
        "genetisch",
    ),
}  # fmt: skip
# The value of a field: what stands up to the end of its line or member, and says something.
_VALUE = (
    r"[\"']?(?:\*\*)?[ \t]?[:=][ \t]{0,4}(?:\*\*)?[ \t]{0,2}\[?[\"']?([^\W_](?:[^\n\r.;|\"'\]}<>:=]|"
    r"\.(?=\w)){1,90}?)(?=[ \t]*(?:[\n\r;|\"'\]}<]|\.(?:\s|$)|$))"
)
FIELDS = {kind: re.compile(rf"(?<![\w-])(?:{words}){_VALUE}", re.IGNORECASE) for kind, words in _FIELDS.items()}
NAMES = {kind: re.compile(rf"(?:{words.replace(' ', '[ _-]?')})", re.IGNORECASE) for kind, words in _FIELDS.items()}
"""A JSON member's name."""

# Of a line that begins so, nothing is said, or nothing that says anything.
NOTHING = re.compile(
    r"(?:none|no(?:ne)? known|no|nil|n/?a|nka|nkda|unknown|not (?:known|stated|applicable|specified|provided|"
    r"disclosed)|null|true|false|yes|"
    r"undefined|string|str|int|optional|pending|tbd|see |same |as above|prefer not|keine?|unbekannt|aucune?|"
    r"inconnue?|ninguna?|"
    r"desconocid[oa]|nessun[oa]?|geen|onbekend|nenhum[a]?|brak|nieznan|the |this |that |what |how |which |a |an |"
    r"is |are |if |it |to |your |"
    r"code|enum|field|column|required|text|varchar|boolean|number|[\d.,\s%-]+$|\w+\(|\$|\{|\[)",
    re.IGNORECASE,
)
# A field that is a word of many things needs one of the words that its values are made of.
OPEN = frozenset({"HEALTH_CONDITION", "CRIMINAL_RECORD", "GENETIC_DATA"})
VALUES = {
    "ETHNIC_ORIGIN": re.compile(
        r"white|black|asian|african|caucasian|hispanic|latin[oax]|mixed|arab|pacific|native|indian|chinese|roma|"
        r"turkish|türkisch|weiß|schwarz|"
        r"blanc|noir|blanc[oa]|negr[oa]|pard[oa]|pret[oa]|gitan[oa]|indígena|bianc[oa]|ner[oa]|zwart|wit|"
        r"maghrébin|kurd\w*|slav\w*|jewish|berber",
        re.IGNORECASE,
    ),
}

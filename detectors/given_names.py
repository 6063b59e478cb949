"""Frequent given names: a hint that a word is a name where the models are not sure.

The most frequent names of the last decades in the statistics of English, Spanish, Portuguese, French, German, Italian,
Dutch, Scandinavian, Slavic, Turkish, Arabic, Indian, East Asian and African countries, in Latin letters and lower case.
Names that are common words as well hint at nothing.
"""

import unicodedata

_NAMES = """
    james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark donald
    steven paul andrew joshua kenneth kevin brian george timothy ronald edward jason jeffrey ryan jacob gary nicholas
    eric jonathan stephen larry justin scott brandon benjamin samuel gregory alexander patrick jack dennis jerry tyler
    aaron jose adam nathan henry zachary douglas peter kyle noah ethan jeremy walter christian keith austin roger terry
    sean gerald carl dylan harold jordan jesse bryan lawrence arthur gabriel bruce logan billy joe alan juan elijah
    willie albert wayne randy mason vincent liam roy bobby caleb bradley russell lucas johnny eugene philip louis
    mary patricia jennifer linda elizabeth barbara susan jessica karen sarah lisa nancy sandra betty ashley emily
    kimberly margaret donna michelle carol amanda melissa deborah stephanie rebecca sharon laura cynthia dorothy amy
    kathleen angela shirley emma brenda pamela nicole anna samantha katherine christine helen debra rachel carolyn janet
    maria catherine heather diane olivia julie joyce victoria ruth virginia lauren kelly christina joan evelyn judith
    andrea hannah megan cheryl jacqueline martha madison teresa gloria sara janice ann kathryn abigail sophia frances
    jean alice judy isabella julia denise amber danielle marilyn beverly charlotte natalie theresa diana brittany doris
    kayla alexis lori marie jane tina claire lucy molly chloe ella amelia mia ava zoe leah audrey bella stella nora
    mike dave steve bob tom jim tim dan matt chris nick alex sam ben tony andy greg jeff ken ron don ed fred harry
    charlie oliver oscar leo max theo simon martin neil ian craig stuart graham colin derek nigel trevor barry gareth
    kate katie beth liz jenny becky vicky abby sally wendy tracy dawn gail maureen eileen siobhan niamh fiona moira
    luis carlos jorge miguel pedro antonio francisco manuel jesus javier rafael fernando ricardo eduardo sergio
    alejandro diego pablo alberto raul enrique andres mario ramon ruben oscar roberto hector felipe gustavo ignacio
    santiago mateo sebastian emilio guillermo joaquin ivan lorena carmen ana rosa lucia elena pilar isabel sofia marta
    paula beatriz silvia raquel cristina patricia monica veronica gabriela valentina camila mariana daniela alejandra
    adriana claudia natalia carolina fernanda leticia yolanda esperanza guadalupe dolores consuelo
    joao tiago rui nuno paulo rodrigo bruno thiago vitor gilberto ines mafalda leonor catarina joana luciana juliana
    pierre philippe jacques michel alain bernard francois nicolas laurent olivier thierry pascal frederic stephane
    julien guillaume antoine mathieu maxime alexandre hugo camille margaux manon chloe amelie aurelie celine sylvie
    nathalie isabelle sophie valerie veronique brigitte monique genevieve delphine elodie emilie juliette mathilde
    hans peter klaus wolfgang jurgen dieter manfred uwe gunter horst bernd werner helmut gerhard andreas stefan markus
    tobias florian matthias johannes felix lukas jonas maximilian moritz niklas sven jens torsten katrin sabine petra
    monika ursula renate gisela ingrid helga brigitte heike birgit anja silke kerstin katharina johanna franziska
    lena lea marie greta frieda
    giovanni giuseppe marco luca andrea francesco alessandro matteo lorenzo stefano paolo roberto luigi salvatore
    vincenzo pietro davide giulia francesca chiara martina federica elisa giorgia alessia paola giovanna ilaria
    jan piet kees willem hendrik johan maarten jeroen sander bram daan femke sanne anouk lotte marieke annemarie
    lars erik anders magnus bjorn olof gustav nils henrik mikael johan fredrik jesper soren mads rasmus kasper mikkel
    astrid ingrid karin kristina annika linnea freja sigrid solveig hanna eeva aino timo jukka pekka matti mikko
    ivan dmitri sergei alexei andrei mikhail nikolai vladimir igor oleg pavel boris viktor yuri maxim anton olga
    natasha tatiana irina svetlana ekaterina anastasia elena ludmila galina oksana
    piotr krzysztof andrzej tomasz pawel michal marcin jakub lukasz wojciech katarzyna agnieszka malgorzata ewa
    magdalena joanna zofia jozef tomas jiri petr vaclav zdenek milan zoran goran dragan marko ante luka ivana jelena
    milica katarina zuzana lenka tereza laszlo istvan ferenc zoltan gabor attila zsuzsanna katalin eszter
    ion andrei mihai bogdan cristian florin ioana elena georgi dimitar nikos giorgos yannis kostas dimitris eleni
    mehmet mustafa ahmet ali huseyin hasan ibrahim emre murat fatma ayse emine hatice zeynep elif
    mohammed muhammad mohamed ahmed mahmoud omar youssef yusuf khalid hassan hussein abdullah abdul karim tariq
    samir rashid bilal hamza faisal imran fatima aisha khadija maryam zainab amina leila layla yasmin noor salma
    raj rahul amit vijay sanjay rajesh suresh ramesh anil sunil arjun rohan vikram aditya deepak manoj ashok arun
    kumar ravi krishna sandeep pradeep dinesh mahesh ganesh karthik nikhil varun siddharth priya anjali pooja neha
    kavita sunita anita lakshmi deepa divya shreya sneha swati nisha meera radha sita ananya aishwarya lalita
    wei ming jing hui xin yan ying fang jun lei qiang hao chen lin mei ling hiroshi takashi kenji yuki haruto yuto
    sakura akiko yoko keiko naoko minjun jisoo jiwoo seoyeon hyun nguyen minh tuan huong linh thuy
    kwame kofi ama abena chinedu emeka chioma ngozi oluwaseun adebayo amara zuri thabo sipho nomvula themba
"""

# Given names and surnames that are common words too: by themselves they hint at nothing.
COMMON = frozenset(
    """
    will may june april august mark bill grant rose art hope faith grace joy summer autumn dawn chase drew frank
    guy jack dean young king long short brown white black green gray grey price bush rice stone wood woods field
    fields hill lane church page day knight bishop pope major law case best good rich sharp strong wise west
    north south east park parks ford love cook baker smith the and for mrs prince christian english french
    german scott world city street data sun van der von bin ray chance mercy angel star sky max penny patience
    pat sue rob don gene iris ivy violet daisy holly ruby pearl crystal amber jade
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)
# Names that are common words, places or syllables only when they are written without a capital.
_COMMON_LOWER = frozenset(
    """
    jean ed ken ron ben sam dan jan lea ion ama ante lin ling ming jun hao lei chen yan hui wei fang xin
    jing ying logan jordan austin virginia victoria madison carol mason noor sara florin milan florence paris
    san santiago guadalupe dolores esperanza pilar consuelo jesus karim bella stella ava terry randy willie
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)

GIVEN_NAMES = frozenset(_NAMES.split())


def _plain(word: str) -> str:
    """The word in small letters without accents: Małgorzata, Ayşe, José."""
    folded = unicodedata.normalize("NFKD", word.lower().replace("ł", "l").replace("\u0131", "i").replace("ø", "o"))
    return "".join(character for character in folded if not unicodedata.combining(character))


def is_given_name(word: str) -> bool:
    """Whether a word is a frequent given name, and no common word in the case that it is written in."""
    lower = word.lower() if word.isascii() else _plain(word)
    return lower in GIVEN_NAMES and lower not in COMMON and not (word.islower() and word in _COMMON_LOWER)

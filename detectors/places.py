"""Names of countries and continents: a place so large that it identifies nobody.

English short names (ISO 3166-1) with the common variants; lower case.
"""

_NAMES = """
    afghanistan, africa, albania, algeria, america, andorra, angola, antarctica, antigua and barbuda, argentina,
    armenia, asia, atlantic ocean, australia, austria, azerbaijan, bahamas, bahrain, bangladesh, barbados,
    belarus, belgium, belize, benin, bhutan, bolivia, bosnia, bosnia and herzegovina, botswana, brazil, britain,
    brunei, bulgaria, burkina faso, burma, burundi, cambodia, cameroon, canada, cape verde, caribbean,
    central african republic, chad, chile, china, colombia, comoros, congo, costa rica, croatia, cuba, cyprus,
    czech republic, czechia, denmark, djibouti, dominica, dominican republic, earth, ecuador, egypt,
    el salvador, england, equatorial guinea, eritrea, estonia, eswatini, ethiopia, eu, europe, european union,
    fiji, finland, france, gabon, gambia, georgia, germany, ghana, great britain, greece, greenland, grenada,
    guatemala, guinea, guinea-bissau, guyana, haiti, holland, honduras, hong kong, hungary, iceland, india,
    indonesia, iran, iraq, ireland, israel, italy, ivory coast, jamaica, japan, jordan, kazakhstan, kenya,
    kiribati, korea, kosovo, kuwait, kyrgyzstan, laos, latin america, latvia, lebanon, lesotho, liberia, libya,
    liechtenstein, lithuania, luxembourg, macau, madagascar, malawi, malaysia, maldives, mali, malta, mars,
    mauritania, mauritius, mexico, micronesia, middle east, moldova, monaco, mongolia, montenegro, moon,
    morocco, mozambique, myanmar, namibia, nauru, nepal, netherlands, new zealand, nicaragua, niger, nigeria,
    north america, north korea, north macedonia, northern ireland, norway, oceania, oman, pacific ocean,
    pakistan, palau, palestine, panama, papua new guinea, paraguay, peru, philippines, poland, portugal,
    puerto rico, qatar, romania, russia, rwanda, samoa, san marino, saudi arabia, scandinavia, scotland,
    senegal, serbia, seychelles, sierra leone, singapore, slovakia, slovenia, solomon islands, somalia,
    south africa, south america, south korea, south sudan, soviet union, spain, sri lanka, sudan, suriname,
    sweden, switzerland, syria, taiwan, tajikistan, tanzania, thailand, the atlantic, the bahamas,
    the caribbean, the czech republic, the dominican republic, the eu, the european union, the middle east,
    the moon, the netherlands, the pacific, the philippines, the soviet union, the sun,
    the united arab emirates, the united kingdom, the united states, the united states of america, togo, tonga,
    trinidad and tobago, tunisia, turkey, turkmenistan, tuvalu, türkiye, u.k., u.s., u.s.a., uae, uganda, uk,
    ukraine, united arab emirates, united kingdom, united states, united states of america, uruguay, us, usa,
    ussr, uzbekistan, vanuatu, vatican, vatican city, venezuela, vietnam, wales, west germany, yemen, zambia,
    zimbabwe
"""
COUNTRIES = frozenset(name.strip() for name in _NAMES.split(","))

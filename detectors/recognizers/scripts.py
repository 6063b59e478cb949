"""People in scripts that the models don't read: Cyrillic, Greek, Chinese, Japanese, Korean, Arabic, Hindi.

Иван Карпинский · Ольга Сергеевна · Γιώργου Αντωνίου · 王伟先生 · 患者: 张秀英 · 田中太郎様 · 김민수 님

Languages in Cyrillic and Greek write nouns small, so that two capitalised words are somebody's name if the second ends
as family names do. The others have no capitals: a title, a form's label, or a family name with a title tells.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.source import Source

_CAPITAL, _SMALL = "А-ЯІЇЄҐЁ", "а-яіїєґё'"
_ENDINGS = (
    "ов|ова|ев|ева|ёв|ин|ина|ын|ына|ский|ская|цкий|цкая|ський|ська|цький|цька|енко|чук|щук|юк|ко|як|ян|дзе|швили|швілі|ої|"
    "ого|ому|ой|ым|ву|ну"
)
_CYRILLIC = re.compile(
    rf"(?<![\w-])(?!Уважаем|Дорог|Шановн|Вельмишановн|Мил[аы])"
    rf"([{_CAPITAL}][{_SMALL}]{{2,15}}(?: [{_CAPITAL}][{_SMALL}]{{3,17}}){{0,2}} "
    rf"[{_CAPITAL}][{_SMALL}]{{0,14}}(?:(?:ович|евич|овн|евн|івн|ївн)[{_SMALL}]{{0,2}}|{_ENDINGS}))(?![\w-])"
)
# What begins the names of states and places, and sentences.
_NO_CYRILLIC = re.compile(
    "^(?:Росси|Росій|Москов|Санкт|Нижн|Велик|Верх|Государств|Федерал|Республик|Ленин|Кабинет|Міністер|Север|Південн|"
    "Південь|Южн|Западн|Восточ|Нов(?:ый|ая|ое)|Красн|Бел(?:ая|ый)|Наш|Для|Это|Как|Что|При|Про|Если|Когда|Все|Доод|Дээд)|"
    "Украин|Україн|ский .*ский$|ский .*ин$"
)
_GREEK_FIRST = (
    "Γιώργ|Γεώργι|Γιάνν|Ιωάνν|Νίκ|Νικόλα|Κώστα|Κωνσταντίν|Δημήτρ|Παναγιώτ|Βασίλ|Χρήστ|Αθανάσι|Θανάσ|Μιχάλ|Μιχαήλ|Σπύρ|"
    "Ανδρέα|Αντών|Ηλία|Πέτρ|Στέφαν|Αλέξανδρ|Σταύρ|Ευάγγελ|Βαγγέλ|Μαρία|Ελέν|Αικατερίν|Κατερίν|Βασιλικ|Σοφία|Αγγελικ|"
    "Γεωργία|Δήμητρ|Ιωάννα|Παρασκευ|Ευαγγελία|Άννα|Χρυσούλα|Δέσποιν|Ειρήν|Φωτειν|Αναστασία|Στέλλα|Νίκη|Θεοδώρ"
)
_GREEK = re.compile(rf"(?<!\w)((?:{_GREEK_FIRST})[α-ωά-ώϊϋΐΰς]{{0,4}} [Α-ΩΆ-Ώ][α-ωά-ώϊϋΐΰς]{{2,20}})(?!\w)")

_HAN = r"[\u4e00-\u9fff\u3005]"
_CHINESE = (
    "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧许許傅沈"
    "曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧"
    "侯邵孟龙龍万萬段雷钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文"
)
_KOREAN = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석"
    "선설마길연위표명기반왕금옥육인맹제모탁국어은편용"
)
_PERSON_HAN = rf"([{_CHINESE}]{_HAN}{{1,2}}?)"
_CHINESE_TITLES = "(?:先生|女士|小姐|医生|醫生|经理|經理|老师|老師|主任|律师|律師|教授)"
_ARABIC, _HINDI, _HANGUL = r"[\u0621-\u064a]", r"[\u0900-\u097f]", r"[\uac00-\ud7a3]"
_COLON = "\\s?[:\uff1a]\\s?"
_LABELS_HAN = "(?:患者|姓名|氏名|名前|お名前|顧客名|客户|联系人|收件人|申请人)(?:さん|姓名|名)?"
_UNCASED = (
    # A form's label and a colon, whatever stands behind.
    re.compile(rf"{_LABELS_HAN}{_COLON}({_HAN}{{2,4}}(?: {_HAN}{{1,3}})?)(?!{_HAN})"),
    re.compile(rf"(?:성명|이름|환자|고객|담당자){_COLON}({_HANGUL}{{2,4}})(?!{_HANGUL})"),
    re.compile(
        rf"(?:الاسم|الاسم الكامل|المريضة?|العميلة?|المستلم){_COLON}"
        rf"({_ARABIC}{{2,15}}(?: {_ARABIC}{{2,15}}){{1,3}})(?!{_ARABIC})"
    ),
    re.compile(rf"(?:नाम|मरीज़|रोगी|ग्राहक){_COLON}({_HINDI}{{2,15}}(?: {_HINDI}{{2,15}}){{0,2}})(?!{_HINDI})"),
    # Chinese: a family name, one or two signs more, and a title; who says how they are called.
    re.compile(rf"(?:^|(?<=[的,\uff0c。\uff1a:\s、和与给])){_PERSON_HAN}{_CHINESE_TITLES}"),
    re.compile(rf"(?:我叫|我是|名叫|本人|叫做)([{_CHINESE}]{_HAN}{{1,2}})(?=[,\uff0c。、\uff1b;\uff01!\s]|$)"),
    # Japanese and Korean: a title behind the name; who says how they are called.
    re.compile(rf"(?<!{_HAN})({_HAN}{{2,4}}(?: {_HAN}{{1,3}})?)(?:様|さん|さま|氏|殿|くん|ちゃん)"),
    re.compile(rf"(?:名前は|私は)({_HAN}{{2,4}})(?:です|と)"),
    re.compile(rf"(?<!{_HANGUL})([{_KOREAN}]{_HANGUL}{{2}}) ?(?:님|씨)"),
    re.compile(rf"(?:이름은|저는) ([{_KOREAN}]{_HANGUL}{{2}})(?:입니다|이고|이에요|라고)"),
    # Arabic and Hindi: a title before it.
    re.compile(
        rf"(?<!{_ARABIC})(?:السيدة?|الدكتورة?|الأستاذة?|الآنسة|اسمي)\s+"
        rf"({_ARABIC}{{2,15}} {_ARABIC}{{2,15}})(?!{_ARABIC})"
    ),
    re.compile(rf"(?<!{_HINDI})(?:श्री|श्रीमती|सुश्री|डॉ\.?|प्रिय|मेरा नाम) ({_HINDI}{{2,15}} {_HINDI}{{2,15}})(?!{_HINDI})"),
)
# What those titles follow, too, and is nobody's name: the customer, the person in charge, everybody.
_NOBODY = frozenset(
    ("患者", "担当者", "関係者", "会社", "御社", "貴社", "株主", "保護者", "各位", "皆々", "利用者", "お客", "申込者",
     "業者", "고객", "회원", "선생", "사장", "환자", "사용자", "이용자", "주문자")
)  # fmt: skip
_LETTERS = (
    re.compile("[А-Я]"),
    re.compile("[Α-Ω]"),
    re.compile(r"[\u0621-\u064a\u0900-\u097f\u3005\u4e00-\u9fff\uac00-\ud7a3]"),
)


def find(source: Source) -> Iterator[Finding]:
    """Everybody whom a title, a label or the form of the name tells."""
    text = source.text
    if text.isascii():
        return
    cyrillic, greek, uncased = (letter.search(text) is not None for letter in _LETTERS)
    if cyrillic:
        yield from _people(_CYRILLIC, text)
    if greek:
        yield from _people(_GREEK, text)
    if uncased:
        for pattern in _UNCASED:
            yield from _people(pattern, text)


def _people(pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        if match[1] not in _NOBODY and not _NO_CYRILLIC.search(match[1]):
            yield Finding(match.start(1), match.end(1), "PERSON", 0.8, "scripts")

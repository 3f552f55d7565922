"""Times written in other words or languages, put into the plain English that ``timing`` reads.

``thirty minutes`` becomes ``30 minutes``, ``innerhalb von 15 Minuten`` and ``15 分钟内`` become
``within 15 minutes``, ``PT15M`` becomes ``15m``. Marks of Markdown and HTML and pictures are left
out. Words that say nothing of time stay as they are: what they mean is not decided here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .patterns import lazy
from .words import BREAK, seen

_PHRASES: dict[str, str] = {
    # --- no clock ---
    "next business day": r"""
        nächste[rnms]? (?:arbeits|werk|geschäfts)tag(?:es)? / (?:arbeits|werk|geschäfts)tage?n?
        (?:prochain )?jours? (?:ouvré|ouvrable)s?(?: suivants?)?
        (?:siguiente |próximo )?d[ií]as? (?:hábil(?:es)?|laborables?|útil|úteis)(?: siguientes?)?
        (?:próximo )?dias? út(?:il|eis)(?: seguinte)? / (?:prossimo )?giorn[oi] lavorativ[oi]
        (?:следующ\w+ )?рабоч\w+ д(?:ень|ня|ней)
        (?:volgende )?werkdag(?:en)? / (?:sonraki )?iş günü
        (?:następny )?dzień roboczy / dni robocz(?:e|ych) / hari kerja(?: berikutnya)?""",
    "next sprint": r"""
        nächste[rnms]? (?:sprint|release|wartung\w*|iteration)
        prochaine? (?:sprint|version|itération) / следующ\w+ (?:спринт|релиз)\w*
        (?:próximo|siguiente|próxima) (?:sprint|release|iteraci[oó]n|versi[oó]n|versão|iteração)
        prossim[oa] (?:sprint|release|versione)""",
    "best effort": r"""
        nach möglichkeit / bei gelegenheit / nach verfügbarkeit / nach absprache / au mieux
        mejor esfuerzo / según disponibilidad / melhor esforço / conforme disponibilidade
        по возможности""",
    # --- at once ---
    "immediate": r"""
        sofort(?:ig\w*)? / umgehend / unverzüglich / so schnell wie möglich / immédiat\w*
        tout de suite / instantané\w* / inmediat\w* / de inmediato / imediat\w* / de imediato
        immediat[oai] / immediatamente / subito / немедленно / сразу(?: же)? / мгновенно
        onmiddellijk / natychmiast\w* / hemen / anında / segera / ngay(?: lập tức)? / omedelbart
        as soon as possible / straight ?away / without delay / on the spot""",
    # --- bounds ---
    "within": r"""
        innerhalb (?:von|der(?: ersten)?|des)? / binnen / unter / bis zu / höchstens
        spätestens(?: nach)? / sous / (?:en )?moins de / dans les / au plus / (?:en )?menos de
        dentro de(?: las| los)? / hasta / máximo(?: de)? / a más tardar en
        em até / até / no máximo
        dentro d[eo]s? / entro(?: le)? / meno di / в течение / в теч\. / не более(?: чем)?
        менее(?: чем)? / до / w ciągu / dalam / trong(?: vòng)?
        not? (?:longer|more) than / no later than / fewer than / in under / in less than
        inside(?: of)?""",
    "after": r"""
        nach(?: ablauf von)? / après / au bout de / después de(?: los)? / tras(?: los)? / luego de
        al cabo de / após / depois de / passad[oa]s? / dopo / через / после / спустя / po upływie
        setelah / following""",
    # --- units ---
    "minutes": r"""
        minuten? / minutos? / minut[oi] / minuty / minut / dakika / menit / phút
        минут[аыу]? / мин""",
    "hours": r"""
        stunden? / std / heures? / horas? / or[ae] / часов / часа / час / ч / godzin[ay]? / godz
        saat / jam / giờ / uur / uren""",
    "days": r"""
        tage?n? / jours? / d[ií]as? / giorn[oi] / день / дня / дней / сут(?:ки|ок) / dni
        dzień / gün / hari / ngày / dag(?:en)?""",
    "weeks": r"""
        wochen? / semaines? / semanas? / settiman[ae] / недел[яиюь] / tydzień / tygodni\w* / hafta
        minggu / tuần / weken""",
    "seconds": r"sekunden? / secondes? / segundos? / second[oi] / секунд\w* / сек",
    # --- what follows a response ---
    "fix": r"""
        behoben / behebung\w* / lösung\w* / gelöst / résol\w* / résoudre / resolución / resuelt\w*
        resolver / resolução / solución / solução / correção / risol\w* / risoluzione / решени\w*
        решит\w* / устран\w*""",
    # --- joining words ---
    "to": r"bis / à",
    "more than": r"""
        mehr als / über / plus de / más de / mais de / più di / более / больше / meer dan""",
    "if no": r"""
        si no(?: se| hay| es)? / se não(?: for)? / s'il n'y a pas
        (?:wenn|falls) (?:nicht|keine)""",
    "no response": r"""
        keine antwort / keine reaktion / ohne (?:antwort|reaktion) / (?:sans|pas de) réponse
        sin respuesta / sem resposta / senza risposta / без ответа / нет ответа""",
}
"""Plain English, and what stands for it in other words: patterns between slashes or line breaks."""

_UNSPACED_UNITS: dict[str, str] = {
    "business days": "(?:个|個)?工作(?:日|天)|営業日|영업일|วันทำการ",
    "minutes": "分钟|分鐘|分間|分|분|นาที|मिनट|دقيقة|دقائق|دقیقه",
    "hours": "(?:个|個)?(?:小时|小時)|時間|시간|ชั่วโมง|ชม\\.|घंटे|घंटा|ساعات|ساعة|ساعت",
    "days": "天|日間|日|일|วัน|दिन|أيام|يوم|روز",
    "weeks": "(?:个|個)?(?:周|週間|週|星期)|주일?",
    "seconds": "秒钟|秒|초",
}
_UNSPACED: dict[str, str] = {
    "immediate": (
        "立即|立刻|马上|馬上|即时|即時|即座|即刻|すぐに|直ちに|ただちに|즉시|즉각"
        "|ทันที|तुरंत|فوري|فورا|فوراً"
    ),
    "next business day": (
        "(?:下一?个?|翌|次の?|다음\\s?)(?:工作日|営業日|영업일)|当[日天]|當[日天]|당일"
    ),
    "next maintenance": "(?:下一?个?|次の?|다음\\s?)(?:维护|維護|メンテナンス|점검|유지보수)",
    "next sprint": (
        "下(?:一?个?)(?:迭代|版本|sprint)|次回?(?:の)?(?:スプリント|リリース)|다음\\s?(?:스프린트|릴리스)"
    ),
    "best effort": "尽力而为|ベストエフォート|随时|有(?:空|时间)时?|按计划|計画的に",
    "fix": "解决|修复|解決|修復|復旧|해결|복구",
}
"""The same in scripts that put no spaces between words."""


def _whole(words: str) -> str:
    patterns = re.split(r"\s*\n\s*|\s+/\s+", words.strip())
    return rf"(?<![^\W\d_])(?:{'|'.join(patterns)})(?![^\W\d_])\.?"


_PLAIN = [
    *((lazy(words), f" {plain} ") for plain, words in _UNSPACED.items()),
    (lazy(r"(?<=\d)\s{0,2}(?:" + _UNSPACED_UNITS["business days"] + ")"), " business days "),
]
_UNIT_OF = "|".join(f"(?P<u{at}>{words})" for at, words in enumerate(_UNSPACED_UNITS.values()))
_AMOUNT = lazy(
    r"(?P<before>超过|超過|大于|满)?\s{0,2}"
    r"(?P<n>\d{1,6}(?:\.\d{1,2})?(?:\s{0,2}[-~\u2013]\s{0,2}\d{1,6})?)"
    rf"\s{{0,2}}(?:{_UNIT_OF})"
    r"(?P<after>\s{0,2}(?:以内|之内|内|內|이내|내에?|以上|之?[后後]|経過|후|以降|无响应|未响应))?"
)
_UNSPACED_NAMES = tuple(_UNSPACED_UNITS)
_LATER_MARKS = ("后", "後", "経過", "후", "以降", "以上", "无响应", "未响应")

_SPACED = [(lazy(_whole(words), re.IGNORECASE), plain) for plain, words in _PHRASES.items()]
_FOREIGN = lazy("|".join(f"(?:{_whole(words)})" for words in _PHRASES.values()), re.IGNORECASE)
"""Whether any phrase stands in a text at all: most texts hold none."""

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_VALUES = {word: value for value, word in enumerate(_ONES)} | _TENS
_UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?)\b"
_KIND = r"(?:business|working|calendar|full|consecutive)"
_WRITTEN = lazy(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[\s-](?P<more>{'|'.join(_ONES[1:10])}))?"
    rf"|(?P<ones>{'|'.join(_ONES)}))[\s-]{{1,2}}(?P<rest>(?:{_KIND}[\s-])?{_UNIT})"
)
_FRACTIONS = (
    (re.compile(r"\b(?:an|one|1) hour and a half\b|\b(?:one|1) and a half hours?\b"), "90 minutes"),
    (re.compile(r"\b(?:a )?half[\s-](?:an |a )?hour\b|½\s?(?:an )?hours?"), "30 minutes"),
    (re.compile(r"\bthree[\s-]quarters of an hour\b"), "45 minutes"),
    (re.compile(r"\b(?:a )?quarter[\s-](?:of )?(?:an )?hour\b"), "15 minutes"),
    (re.compile(r"\bhalf a day\b"), "12 hours"),
    (
        re.compile(
            r"\beine[rn]? halben? stunde\b|\b(?:une )?demi-heure\b|\bmedia hora\b|\bmeia hora\b"
            r"|\bmezz'ora\b|\bполчаса\b"
        ),
        "30 minutes",
    ),
    (re.compile(r"\b(?:einer )?viertelstunde\b|\b(?:un )?quart d'heure\b"), "15 minutes"),
)
_ARTICLE = lazy(
    rf"(?P<lead>\A\s*|\b(?:within|in|after|under|than|over|for|another|every|past|least|most)\s+|[<>]\s*)"
    rf"(?:an?|einer|einem|une?|una|uma|один|одного)\s+(?P<unit>(?:{_KIND}\s)?{_UNIT})"
)
_HYPHEN = lazy(rf"(?<=\d)-(?=(?:{_KIND}[\s-])?{_UNIT})")
_DECIMAL = lazy(rf"(?<=\d),(?=\d{{1,2}}\s?{_UNIT})")
_ISO = lazy(r"\bp(?=t?\d)(?:(\d+)d)?(?:t(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)?(?!\w)")
_CLOCK = lazy(r"\b(t\s?\+\s?)(\d{1,2}):(\d\d)(?!\d)")
_SPACE = lazy(r"\s+")
_LONGEST = 1000


@lru_cache(1 << 13)
def plain(text: str) -> str:
    """The text in lower case, its times in plain English with figures."""
    if len(text) > _LONGEST:
        return text.lower()
    said = unicodedata.normalize("NFKC", seen(BREAK.sub("; ", text))).lower()
    if not said.isascii():
        said = _unspaced(said)
    for pattern, figures in _FRACTIONS:
        said = pattern.sub(figures, said)
    if _FOREIGN.search(said):
        for pattern, words in _SPACED:
            said = pattern.sub(words, said)
    said = _ISO.sub(_from_iso, _CLOCK.sub(_from_clock, said))
    said = _WRITTEN.sub(_in_figures, _TWICE.sub(r"\1", said))
    said = _ARTICLE.sub(r"\g<lead>1 \g<unit>", said)
    said = _DECIMAL.sub(".", _HYPHEN.sub(" ", said))
    return _SPACE.sub(" ", said).strip()


def _unspaced(text: str) -> str:
    for pattern, words in _PLAIN:
        text = pattern.sub(words, text)
    return _AMOUNT.sub(_amount, text)


def _amount(match: re.Match[str]) -> str:
    unit = next(name for at, name in enumerate(_UNSPACED_NAMES) if match[f"u{at}"])
    after = (match["after"] or "").strip()
    late = match["before"] or after.endswith(_LATER_MARKS)
    bound = "after " if late else "within " if after else ""
    return f" {bound}{match['n']} {unit} "


_TWICE = lazy(rf"\b[a-z]+[\s-]{{0,2}}\((\d{{1,4}})\)(?=[\s-]{{0,2}}(?:{_KIND}[\s-])?{_UNIT})")
"""``fifteen (15) minutes``."""


def _in_figures(match: re.Match[str]) -> str:
    parts = (match["tens"], match["more"], match["ones"])
    value = sum(_VALUES[part] for part in parts if part)
    return f"{value} {match['rest']}"


def _from_iso(match: re.Match[str]) -> str:
    parts = [f"{n}{unit}" for n, unit in zip(match.groups(), "dhms", strict=True) if n]
    return "".join(parts) or match[0]


def _from_clock(match: re.Match[str]) -> str:
    return f"{match[1]}{int(match[2]) * 60 + int(match[3])}m"

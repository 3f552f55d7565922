"""Whether a drawing shows an order of steps, or the parts of a thing.

Boxes joined by lines are as often a picture of a system as a flow. Neither its heading nor any one
sign tells them apart, so the signs are weighed: what the heading, the words above and the titles
say, whether arrowheads lead one way, whether the boxes are a chain, whether a box asks a question.
What comes out below zero shows parts. Nothing here looks at the drawing's lines.
"""

from __future__ import annotations

import re
from collections import Counter

from .canvas import ASCII_HEADS, HEADS
from .heading import says_stage
from .patterns import lazy
from .source import SourceFile
from .syntax import Fence, Flow, FlowNode, Section
from .words import ANSWER

CHAINS = (4, 5, 6)
"""How many boxes in a row, each leading to the next and no other, speak for a flow the more."""
STAR = 3
"""How many boxes round one speak for a picture."""
NEAR = 90
"""How long a line above a drawing may be to count as its title."""

_FLOWS = lazy(
    r"\b(?:work|control )?flows?\b|flowchart|workflow|pipeline|\bprocess|\bstages?\b|\bphases?\b"
    r"|lifecycle|life cycle|procedure|runbook|\bsteps?\b|\bci/?cd\b|state machine|decision"
    r"|\bloop\b"
    r"|transitions?\b|\bsequence of\b|escalation|\bpath\b|\border\b|saga\b|how it works"
    r"|\bfluj|\bproces|\bfluxo|\betap|\bablauf|prozess|\bflux\b|\bétape|\bboucle"
    r"|поток|процесс|этап|\bakış|süreç|quy trình|luồng|alur"
    r"|流程|工作流|流水线|流水線|步骤|步驟|阶段|状态机|状态图|流转|フロー|手順|工程|워크플로|프로세스|절차|단계|흐름",
    re.IGNORECASE,
)
"""Words over a drawing that say it is an order of steps."""
_PARTS = lazy(
    r"architect|\barch\b|topolog|infrastruct|\bnetwork|deployment diagram|\bcomponents?\b"
    r"|block diagram|contexte?\b|kontext|contexto"
    r"|\bsystem (?:map|context|overview|design|diagram)|\blayers?\b|layout"
    r"|\bmodules?\b|\bstack\b"
    r"|hardware|\bstructure|hierarch|dependenc|integration|\btemplate"
    r"|arquitec|arquitet|architekt|estructura|estrutura|aufbau|структур|архитект|mimari|kiến trúc"
    r"|arsitektur|memory|内存|映射|关系|架构|架構|拓扑|结构|構成|組件|组件|模块|アーキテクチャ|아키텍처|구조|구성",
    re.IGNORECASE,
)
"""Words over a drawing that say it shows a system."""
_PICTURE = lazy(
    r"data model|\bentit|\berd?\b|\bschema\b|class diagram|relationship|wiring|pinout|circuit"
    r"|schematic|screens?\b|mock-?up|wireframe|dashboard|\bui\b|timeline|schedule|roadmap|gantt"
    r"|keyboard|keymap|cross.section|silhouette|memory map|sequence diagram"
    r"|\bvs\b|versus|原型|界面|时间轴|时间线",
    re.IGNORECASE,
)
"""Words over a drawing of things that have no steps at all."""

_PART = lazy(
    r"^\d+$|front-?end|back-?end|\bserver|\bclients?\b|\bbrowser|\bdatabase|\bdb\b|\bcache\b|\bgateway\b"
    r"|\bproxy\b|load balancer|\bapis?\b|\bsdk\b"
    r"|\bcli\b|\bgui\b|\bui\b|\bapp\b|\bweb\b|mobile|\blayer\b|\bservices?\b|\bmodule\b|\bengine\b"
    r"|react|next\.?js|node\.?js|\bvite\b|express|fastapi|flask|django|spring|laravel|nginx|docker"
    r"|postgres|mysql|sqlite|mongo|redis|\bs3\b|kafka|rabbitmq|lambda|supabase|firebase|\bsql\b"
    r"|\bstorage\b|\bstore\b|\bqueue\b|\bbroker\b|\bbus\b|\bhost\b|\bcluster\b|\bpods?\b|container"
    r"|executor|generator|\blibrary\b|\bcore\b|\bmanager\b|\bcontroller\b|\bcomponent|\binterface\b|\bplugin"
    r"|\badapter"
    r"|\brouter\b|\bdevice|\bsensor|\bmotor\b|\bboard\b|\bcpu\b|\bgpu\b|\bram\b|\w\.(?:py|ts|js"
    r"|c|rs|go|h)\b"
    r"|\btools?\b|\bconfig\b|\bwebhook\b|网关|数据库|前端|后端|服务器|客户端|服务层",
    re.IGNORECASE,
)
"""Words for things that run or stand somewhere."""
_ADDRESS = lazy(
    r"(?:^|\W):\d{4,5}\b|\d+\.\d+\.\d+\.\d+|localhost|\bports?\W{0,2}\d|\(\d{4}\)|^\d{4,5}$",
    re.IGNORECASE,
)
"""Where something that runs is reached."""
_DEED = lazy(
    r"^\W*(?:accept|acknowledg|act\b|add|alert|analy[sz]|announce|approv|archive|ask|assess|assign"
    r"|audit|backup|begin|block|build|calculat|call|canary|cancel|capture|change|check|choose"
    r"|classif"
    r"|clean|clone|close|collect|commit|communicat|compar|compil|complet|compute|confirm|contain"
    r"|convert|create|debug|decid|declare|decompos|define|deliver|deploy|design|detect|diagnos"
    r"|discard"
    r"|discover|dispatch|document|done\b|download|draft|emit|end\b|enrich|eradicat|escalat|estimat"
    r"|evaluat|execut|export|extract|fail|fetch|file\b|fill|filter|final|find|finish|fix(?:es"
    r"|ing)?\b|format"
    r"|gather"
    r"|generat|get\b|handle|hand ?off|identif|implement|import|improv|index|ingest|init|inspect"
    r"|install"
    r"|investigat|isolat|judge|launch|learn|lint|load\b|locat|log\b|make\b|map\b|measur|merge"
    r"|mitigat"
    r"|modify|monitor|move|normali[sz]|notif|observ|open\b|optimi[sz]|package|page\b|parse"
    r"|pass\b|patch"
    r"|perform|persist|plan\b|post-?mortem|prepar|prevent|print|prioriti|proceed|process|promot"
    r"|propos"
    r"|provision|publish|pull|push|queue\b|rank|read\b|rebuild|receiv|record|recover"
    r"|refin|reflect"
    r"|reject|releas|remediat|remove|render|repair|repeat|report|request|research|resolv|respond|response"
    r"|restart"
    r"|restor|retain|retr[yi]|return|review|revise|rollback|roll back|rout(?:e|ing)|run\b"
    r"|sav(?:e|ing)"
    r"|scan|schedul|score|search|select|send|sign\b|simulat|smoke|sort|split|stag(?:e|ing)"
    r"|start|stop"
    r"|submit|summar|synthes|tag\b|test|train|transform|translat|triag|trigger|update|upload"
    r"|validat"
    r"|verif|view|wait|warn|write|yes\b|no\b)"
    r"|\b(?!(?:applica|destina|sta|sec|func|posi|loca|por|op|rela)tions?\b|(?:ses|ver"
    r"|exten)sions?\b"
    r"|(?:environ|seg|docu|ele|depart|equip)ments?\b|(?:str|th|k|sett|build)ings?\b)"
    r"\w+(?:tion|sion|ment|ing|ysis|oval|eview|ecovery|ostmortem)s?\W*$"
    r"|\b(?:pipeline|workflow|process|gate|check|test|scan|build|deploy|release|rollback|triage|audit"
    r"|merge|step|stage)s?\W*$|(?:\?|？)\W*$"
    r"|\b(?:pass(?:ed)?|fail(?:ed|ure)?|approved?|rejected|success|error|done|complete[d]?"
    r"|ready)\b"
    r"|审核|检查|生成|处理|部署|测试|发布|提交|验证|分析|检测|评估|执行|开始|结束|完成|确认|通知|分派"
    r"|確認|検証|承認|実行|開始|終了|完了|処理|검토|배포|승인|실행|확인|완료|시작|분석|처리"
    r"|^\W*(?:проверк|анализ|сборк|запуск|тест|деплой|оценк|уведом|valid|verific|revis|aprob|aprov"
    r"|analis|anális|notific|ejecut|execut|desplieg|gener|crear|criar|enviar|prüf|erstell|test"
    r"|freigab"
    r"|vérif|analyse|génér|envoi|créer|kontrol|onay|kiểm|phân tích|xử lý|tạo|gửi)",
    re.IGNORECASE,
)
"""Words for what somebody does, and for how it ends."""
_DOER = lazy(
    r"^\W*(?:\w+ )?(?:analy[sz]|approv|build|check|cod|coordinat|deploy|develop|evaluat"
    r"|notifi|plann|report|research|review|scann|schedul|search|summari[sz]|test|validat|verifi|writ)"
    r"(?:er|or)s?\b",
    re.IGNORECASE,
)
"""Words for who does it: alone they state no more order than the name of a service."""
_RELATION = lazy(
    r"\bhas[_ ]many\b|\bbelongs[_ ]to\b|\b(?:FK|PK)\b|(?<![\w:])[1nmN0*](?::|\.\.)[1nmN*](?![\w:])"
)
"""Words of a data model."""

_WRITTEN = lazy(r"[-=]>|<[-=]")


def shows_parts(source: SourceFile, section: Section, fence: Fence, flow: Flow) -> bool:
    """Whether the signs say that a drawing with edges states no order."""
    return _weigh(_over(source, section, fence, flow), fence, flow) < 0


def _weigh(words: str, fence: Fence, flow: Flow) -> int:
    named = bool(_FLOWS.search(words))
    weight = 3 * named - 2 * bool(_PARTS.search(words)) - 4 * bool(_PICTURE.search(words))
    weight += _share([_is_deed(node) for node in flow.nodes])
    weight -= _share([_is_part(node) for node in flow.nodes])
    weight -= _share([any(map(_ADDRESS.search, _words(node))) for node in flow.nodes])
    weight += 2 * _decides(flow) + _chain(flow) - _star(flow)
    weight -= 4 * bool(_RELATION.search(fence.text))
    weight -= 2 * _both_ways(flow) + 2 * _headless(fence, flow)
    return weight


def _over(source: SourceFile, section: Section, fence: Fence, flow: Flow) -> str:
    """The heading, the line above the drawing, and what the drawing says before its first box."""
    before = max(0, fence.span.start - 8 * NEAR)
    above = source.text[before : fence.span.start].rstrip().rpartition("\n")[2]
    first = min((node.span.start for node in flow.nodes), default=fence.body.start)
    banner = source.text[fence.body.start : first]
    near = above if len(above) <= NEAR else ""
    return "\n".join([*section.path[-1:], near, banner])


def _words(node: FlowNode) -> list[str]:
    """The lines of a node."""
    return [node.title.title.value, *(line.value for line in node.lines)]


def _title(node: FlowNode) -> str:
    """The title of a node, with the next line where one word alone stands on the first."""
    lines = _words(node)
    alone = len(lines[0].split()) == 1 and lines[1:2] and lines[1][:1].isalnum()
    return " ".join(lines[:2] if alone else lines[:1])


def _is_deed(node: FlowNode) -> bool:
    title = node.title
    words = _title(node)
    named = title.ordinal is not None or says_stage(title.title)
    other = _is_part(node) or _DOER.search(words)
    return named or (bool(_DEED.search(words)) and not other)


def _is_part(node: FlowNode) -> bool:
    """Whether a title names what runs or stands somewhere, or the directory it is in."""
    behind = node.title.agent
    return bool(_PART.search(_title(node))) or (behind is not None and behind.value.endswith("/"))


def _share(signs: list[bool]) -> int:
    """2 where half of the nodes have a sign, 1 where a quarter has, else 0."""
    count = sum(signs)
    return 2 if 2 * count >= len(signs) else int(4 * count >= len(signs))


def _decides(flow: Flow) -> bool:
    """Whether lines say when they are taken, or a step asks a question."""
    asks = any(line.endswith(("?", "？")) for node in flow.nodes for line in _words(node))
    return asks or any(ANSWER.search(edge.label) for edge in flow.edges)


def _chain(flow: Flow) -> int:
    """3, 2 or 1 for a drawing that is one long chain, else 0."""
    out = Counter(edge.source for edge in flow.edges)
    into = Counter(edge.target for edge in flow.edges)
    count = len(flow.edges) + 1
    one = count == len(flow.nodes) and max((*out.values(), *into.values()), default=0) == 1
    return sum(count >= length for length in CHAINS) if one else 0


def _star(flow: Flow) -> bool:
    """Whether all lines leave one box, or all end at one: a thing and what it consists of."""
    ends = {edge.source for edge in flow.edges}, {edge.target for edge in flow.edges}
    return len(flow.edges) >= STAR and min(map(len, ends)) == 1


def _both_ways(flow: Flow) -> bool:
    """Whether two boxes lead to each other and no third comes between."""
    pairs = {(edge.source, edge.target) for edge in flow.edges}
    return any((target, source) in pairs for source, target in pairs)


def _headless(fence: Fence, flow: Flow) -> bool:
    """Whether no edge ends in an arrowhead, and none is written as an arrow."""
    if any(head in fence.text for head in HEADS) or _WRITTEN.search(fence.text):
        return False
    offset = fence.body.start
    return not any(fence.text[edge.span.start - offset] in ASCII_HEADS for edge in flow.edges)

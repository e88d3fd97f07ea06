# ruff: noqa: E501 - a phrase is data: broken over lines it is harder to check against what people write
"""What a child tells of being hurt or of hurting themselves: always escalated, never ended, never kept back.

The message arrives, a case opens, staff are alerted, and nothing in the room changes (D, settled).
"""

from __future__ import annotations

from typing import Final

from moderation.categories import Category
from moderation.joking import is_joking
from moderation.normalise import Normal
from moderation.reviewer import Draft, verdict
from moderation.rules import Rules, rule
from rooms.verdict import Ruling, Verdict

_WHO: Final = (
    r"(?:(?:my|his|her|our) )?(?:step ?)?(?:dad|mum|father|mother|uncle|aunt|auntie|brother|sister|cousin|grandad|nan|"
    r"stepdad|stepmum|parents|coach|teacher|boyfriend|girlfriend|neighbour|someone|somebody|he|she|they|man)"
)
_SELF: Final = rule(
    Category.DISCLOSURE,
    Ruling.ESCALATE,
    "die dead myself suicide suicidal alive live anymore miss without wake overdose pills tablets paracetamol exist end jump kms plan sick throw",
    r"i (?:just |really |do |still )*want(?:ed)? to (?:die|be dead|kill myself|end it(?: all)?|end my life|hurt myself)",
    r"(?:do not|never) want to (?:be here (?:anymore|any more)|be alive|live(?: anymore| any more|$)|exist|wake up)",
    r"(?:been |keep |kept |started |am |was |i )(?:cutting|hurting|harming|burning|starving) myself(?! (?:on|with the) )",
    r"i (?:cut|hurt|harm|burn) myself (?:when|because|again|so|to feel|at night|every|on purpose|last night|if)",
    r"i (?:cut|hurt|harm) myself$",
    r"(?:kill|killing|end) myself",
    r"i (?:am |feel |have been |was )*suicidal",
    r"(?:thinking|thought|think) about (?:suicide|dying|ending it)",
    r"(?:nobody|no one|no body) (?:would|will) (?:even )?(?:miss me|care if i|notice if i)",
    r"better off (?:without me|if i was dead|if i died|dead)",
    r"wish i (?:was|were) (?:dead|not alive|never born)|wish i could (?:die|disappear|go to sleep and not wake up)",
    r"(?:want|like) to (?:go to sleep and )?(?:not|never) wake up",
    r"(?:took|taken|take|taking) (?:an overdose|(?:all|loads|lots|a lot|too many) (?:of )?(?:my |the )?(?:pills|tablets|paracetamol))",
    r"kms|(?:a|my) plan to (?:end it|kill myself|die)|make myself (?:sick|throw up)",
    r"(?:want|going) to jump (?:off|in front of) a",
    r"no (?:reason|point) (?:to|in) (?:live|living|being alive)",
)
_HURT: Final = rule(
    Category.DISCLOSURE,
    Ruling.ESCALATE,
    "hits hit hitting beats punched punches kicks kicked slaps slapped hurts hurt hurting touches touched touching "
    "burnt burns locks locked chokes choked home room things tell bruise bruises beaten threatens forces forced safe pictures picture nudes threatening blackmailing "
    "hungry eaten food",
    _WHO + r" (?:always |sometimes |keeps |kept |still |often )?(?:hits|hit|hitting|punched|punches|kicks|kicked|slaps|"
    r"slapped|hurts|hurting|touches|touched|touching|chokes|choked|burns|burnt|threatens) me(?! (?:with the score|up))",
    _WHO + r" (?:always |sometimes )?(?:beats|beat) me(?: up| when| if| with| because|$)",
    _WHO
    + r" (?:always |keeps |kept )?(?:hits|hit|hitting|beats|hurts|punched|choked) my (?:mum|mother|sister|brother|gran|nan)",
    r"(?:asked|asks|asking|wants|wanted|told|made) me (?:to send|for|into sending) (?:him |her |them )?(?:some |a )?(?:nude |naked |private )?(?:pictures?|nudes|videos?)(?: of (?:me|myself)|$| and| but)",
    r"(?:is|are|keeps|was|now he|now she) (?:threatening|blackmailing) me",
    r"(?:is|are|keeps|was) (?:hurting|touching|hitting|beating) me(?! (?:with|at))",
    _WHO + r" (?:makes|made|forces|forced) me (?:to )?(?:do (?:things|stuff)|touch|watch|take off|undress|look at)",
    _WHO + r" (?:comes|came|gets|got) (?:into|in) my (?:room|bed|bedroom) (?:at|last|every) night",
    _WHO + r" (?:locks|locked) me (?:out|in|up)",
    r"(?:scared|afraid|frightened|do not want) to go home(?! (?:yet|now))(?! early)",
    r"(?:do not|never) feel safe (?:at home|with|here)",
    r"(?:told|tells|said) (?:me )?not to tell(?: (?:anyone|anybody|mum|dad|you))?",
    r"touched me (?:and|where|down|there|in)",
    r"not allowed to (?:say|tell)(?: anyone)? (?:how|what|about)",
    r"(?:have not|not) (?:had anything to eat|eaten) (?:in|for|since) (?:two|three|four|2|3|4|days|yesterday)",
    r"(?:no|any) food at home|nothing to eat at home",
)
_DISTRESS: Final = rule(
    Category.DISTRESS,
    Ruling.HOLD,
    "myself life point empty bruise shouting",
    r"i hate (?:myself|my life)",
    r"what is the point (?:of anything|in anything|of living)",
    r"i feel (?:so )?empty",
)
_RULES: Final = Rules((_SELF, _HURT, _DISTRESS))
RISK_WORDS: Final = _RULES.needs


class Disclosure:
    """Disclosures of self-harm and of abuse."""

    name = "disclosure 1"

    def review(self, draft: Draft, text: Normal) -> Verdict | None:
        """Escalate; a plain joke ("i wanna die lol") is none."""
        for found, span in _RULES.find(text):
            if found is _HURT or not is_joking(text):
                return verdict(found.ruling, found.category, self.name, (span,))
        return None

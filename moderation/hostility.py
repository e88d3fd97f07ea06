# ruff: noqa: E501 - a phrase is data: broken over lines it is harder to check against what people write
"""Threats, unkindness, hatred, and what is illegal or a way round the checks, as phrases."""

from __future__ import annotations

from typing import Final

from moderation.categories import Category
from moderation.rules import rule
from rooms.verdict import Ruling

_VIOLENCE: Final = r"(?:kill|stab|shoot|murder|strangle|rape)"
_VICTIM: Final = r"(?:you|u|your (?:mum|dad|family|sister|brother|mother|father|parents|dog|whole family)|everyone)"
_GROUP: Final = (
    r"(?:jews|muslims|blacks|black people|gays|gay people|immigrants|foreigners|asians|christians|women|girls|trans "
    r"people|disabled people|gypsies|travellers|refugees|whites|white people|lesbians|chinese people|indians|africans)"
)

HOSTILITY: Final = (
    rule(
        Category.THREAT,
        Ruling.END,
        "kill stab shoot murder strangle hurt beat punch smash rape die kys knife gun bridge cliff yourself hospital post "
        "batter burn drown attack slit throat bomb",
        rf"(?:i am|i will|we will|we are|gon|going to|i swear i will|about to|i want to) (?:going to |really |literally |actually |so )*{_VIOLENCE} {_VICTIM}(?! (?:at|in|on|for|playing|with (?:my|this) (?:solo|playing|score)|all at|to it|if you play|if you miss))",
        r"(?:i will|going to|i would) slit your|i will (?:make|have) (?:you|your family) (?:bleed|pay in blood)",
        r"(?:bring|bringing|got|have|brought) (?:a|my|the) (?:knife|gun|blade) (?:on|to school|to your|tomorrow|in my bag)",
        r"kys|(?:go |just |you should |should )+(?:and )?(?:kill yourself|die(?! (?:away|down|out))|hang yourself)|kill yourself",
        r"(?:go|and|should|just) jump (?:off|in front of) a (?:bridge|cliff|train|building|roof)",
        rf"if you (?:ever )?tell (?:anyone|anybody|your {'(?:mum|dad|parents)'}).{{0,20}}(?:i will|i am going to) \w+ (?:you|your)",
        r"(?:do what i say|do it|or) (?:or )?i will (?:post|share|leak|send) (?:your|the|those|all your) (?:picture|pictures|video|videos|secrets)",
        r"(?:i will|going to) (?:beat|put|send) (?:you|u) (?:up )?.{0,20}hospital|(?:i will|going to) bomb",
    ),
    rule(
        Category.THREAT,
        Ruling.HOLD,
        "watch slap live sorry pay back smack fight kill murder hurt punch batter smash attack stab beat regret",
        r"watch your back|(?:i will|going to) (?:slap|smack|get|fight) you(?! (?:a|the|some|all|in|on|to|ready|started|back|through|there))",
        r"i (?:know|found out) where (?:you|u) live|you will (?:be sorry|regret|pay for)",
        r"(?:i will|going to) (?:kill|murder|hurt|punch|batter|smash|attack|stab|beat up) (?:you|her|him|them)(?! (?:at|in|on|with the|all at))",
        r"(?:i will|going to) beat (?:you|her|him|them) up",
    ),
    rule(
        Category.BULLYING,
        Ruling.HOLD,
        "ugly fat fatty stupid dumb loser idiot pathetic worthless freak weirdo thick worst disgusting nobody likes laughs "
        "hates hate shut invited smell poor moron dumbest useless creep failure wants one cringe",
        r"(?:you are|your|you|ur|such an?|is) (?:all )?(?:so |such |really |very |just |literally |a |an |the |too |dead |well )*(?:ugly|fat|fatty|stupid|dumb|loser|idiot|pathetic|worthless|freak|weirdo|moron|disgusting|dumbest|failure|useless|creep)(?! (?:sound|note|chord|accordion|bow|lip|metronome|beam|tempo|mistake|fingers|song|question|thing|bass|tone))",
        r"(?:nobody|no one|none of us|everyone|everybody) (?:here |even |really |in the group )*(?:likes|like|wants|invited|hates|hate|laughs at|laughs|would miss) (?:you|ur|u|at you|playing with you|having you)",
        r"(?:shut up|go away|get lost) (?:you )?(?:fatty|loser|idiot|stupid|moron|ugly|freak|fat)",
        r"(?:i|we|they) (?:all |really |so )*hate (?:you|u)(?! (?:all the|for making))(?: |$)",
        r"(?:you are|your) the worst (?:player|singer|person|one|pupil|at|in)",
        r"you (?:smell|stink)|your (?:mum|mother|family) is (?:so )?(?:poor|fat|ugly|stupid)|no one invited you",
    ),
    rule(
        Category.HATE,
        Ruling.HOLD,
        "country gay terrorists hitler inferior belong jews muslims blacks gays immigrants foreigners girls women retard "
        "group black white gypsies refugees spaz people",
        rf"(?:all|those|these|bloody|dirty|stupid) {_GROUP} (?:are|should|deserve|need to|stink|smell|must)",
        r"go back to (?:your own|ur own|your) country|go back to where (?:you|they) came",
        r"(?:that is|this is|you are|is|are) (?:so|well|proper) gay(?! (?:friendly|pride))|like a (?:spaz|retard|girl crying)",
        rf"(?:hate|despise|against|ban|deport) (?:all )?(?:the )?{_GROUP}(?! (?:band|choir))",
        r"hitler (?:did nothing|was right|had the)|heil hitler|white power",
        rf"{_GROUP} (?:do not|does not) (?:belong|deserve)",
    ),
    rule(
        Category.HATE,
        Ruling.END,
        "kill gas gassed exterminate hang shoot shot burn deserve",
        rf"(?:kill|gas|exterminate) (?:all |every )?(?:of )?(?:the |these |those )?{_GROUP}",
        r"people like you should be (?:gassed|shot|hanged|killed|burnt|put down)",
        rf"{_GROUP} (?:should|deserve to|need to|must) (?:all )?(?:be (?:gassed|shot|killed|hanged|burnt)|die)",
    ),
    rule(
        Category.ILLEGAL,
        Ruling.HOLD,
        "weed vape vapes pills drugs coke cocaine drunk beer knife parcel drink vodka ket mdma cigarettes fags attacks cause",
        r"(?:get|buy|sell|got|want|have|need|sort) (?:you |some |a |any |me |him |of )*(?:weed|vape|vapes|pills|drugs|cocaine|mdma|ket|cigarettes|vodka)(?! (?:for my|from the doctor))",
        r"i am (?:so )?drunk|drink at mine|(?:stole|nicked) (?:my |some |the |dads |mums )*(?:beer|vodka|drink|wine)",
        r"(?:knife|gun) in my bag|drop (?:this|a) parcel|died for the cause|videos of (?:real )?attacks",
    ),
    rule(
        Category.EVASION,
        Ruling.HOLD,
        "filter bot system blocked blocks checks monitored recorded watching backwards",
        r"(?:filter|bot|system|it|checks?) (?:does not|do not|can not|will not|blocks?) (?:it )?(?:catch|notice|see|block|pick|just|flag|read)?(?: it)? ?(?:just )?(?:put|use|type|write|so|it with)",
        r"so (?:that )?(?:the )?(?:filter|bot|system) (?:does not|do not|can not|will not|doesnt)",
        r"(?:write|type|spell|say) (?:it|your number|the number|them) (?:backwards|in words|with (?:dots|spaces|gaps))",
        r"(?:chat|this|they) (?:is|are) (?:being )?(?:recorded|monitored|watching|watched) (?:so|here|let us)",
        r"get (?:round|around|past) the (?:filter|checks|bot)|(?:it is|its|get|got) blocked (?:so|just|use)",
    ),
    rule(
        Category.LINK,
        Ruling.HOLD,
        "link prize password account claim",
        r"click (?:on )?(?:this|the|that|my)?(?: \w+)? ?(?:link|here) (?:to|for|and|now)|claim your (?:free )?prize",
        r"(?:send|give|tell) me your (?:password|login|account)|account will be closed",
    ),
)

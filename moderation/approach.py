# ruff: noqa: E501 - a phrase is data: broken over lines it is harder to check against what people write
"""Unsafe approaches to a child, as phrases (taught in safeguarding training): who writes them does not matter."""

from __future__ import annotations

from typing import Final

from moderation.categories import Category
from moderation.rules import rule
from rooms.verdict import Ruling

_APP: Final = (
    r"(?:snapchat|instagram|whatsapp|discord|tiktok|telegram|kik|signal|facebook|messenger|skype|omegle|wechat|viber|"
    r"twitter|roblox|fortnite|facetime|snapchat group|private chat)"
)
_APPS: Final = (
    "snapchat instagram whatsapp discord tiktok telegram kik signal facebook messenger skype omegle wechat viber "
    "twitter roblox fortnite facetime"
)
_FAMILY: Final = r"(?:mum|dad|mother|father|parents|parent|gran|nan|grandma|grandad|family|brother|sister|carer)"
_NOBODY: Final = r"(?:anyone|anybody|no one|nobody|any one|them)"

APPROACH: Final = (
    rule(
        Category.SECRECY,
        Ruling.HOLD,
        "tell secret between quiet delete know see find understand say trouble mention yourself hide",
        rf"do not (?:ever )?(?:tell|mention (?:this|it) to|show (?:this|it) to|say (?:anything|a word) to) (?:your {_FAMILY}|{_NOBODY}|your teacher|the (?:teacher|school|office|music service))",
        rf"(?:you )?(?:can not|must not|never|should not|better not|best not to?) tell (?:your {_FAMILY}|{_NOBODY}|your teacher|the (?:teacher|school))",
        r"(?:our|a|my) (?:own )?(?:little |special |big )?secret (?:from|ok|okay|between|just|and|you)",
        r"our (?:own )?(?:little |special |big )?secret",
        r"(?:is|be|stays?|it is|keep (?:this|it)|a) secret from (?:your|my|every|any|the)",
        r"keep (?:this|it|that|these)(?: a| our| all)? (?:secret|quiet|between us|between you and me|between ourselves|to yourself)",
        r"(?:just|strictly|only|stay|stays) between (?:me and you|you and me|us|ourselves|the two of us)",
        r"delete (?:these|this|the|our|your|all)? ?(?:our )?(?:message|messages|chat|chats|texts|history)(?: after| when| so|$)",
        rf"(?:make sure|so|so that) (?:that )?(?:your )?(?:{_FAMILY}|{_NOBODY}) (?:do not|does not|can not|will not|never)? ?(?:see|sees|find|finds|know|knows|notice|read|reads)",
        rf"your {_FAMILY} (?:would|will|might) not understand",
        rf"(?:your {_FAMILY}|they) (?:do not|does not|should not|need not|must not) (?:need to |have to )?know (?:about )?(?:this|us|that we|it|we)",
        rf"without your {_FAMILY} (?:knowing|finding|seeing|noticing)",
        r"(?:say|said) (?:anything|nothing) (?:to your|about us)",
        r"(?:get|be|am) in (?:so much |big )?trouble if (?:you tell|anyone|they|your|people)",
        r"hide (?:this|it|your phone|the phone|these) from",
    ),
    rule(
        Category.ISOLATION,
        Ruling.HOLD,
        "alone yourself own anyone anybody else home out asleep door hear away check care jealous need room screen",
        r"are you (?:home |all |there )?(?:alone|on your own|by yourself)(?! (?:in the|playing|or with|for this))",
        r"(?:is|are) (?:there )?(?:anyone|anybody) (?:else )?(?:in the room|there with you|with you|home|at home|around|listening|watching you|in your room)",
        rf"(?:when|what time|until what time) (?:do|does|are|is|will) your {_FAMILY} (?:get|gets|come|comes|go|goes|leave|be|out|at work|back|away)",
        rf"when your {_FAMILY} (?:is|are|goes|go) (?:out|asleep|away|not there|at work|to bed)",
        r"(?:shut|close|lock) (?:your|the) bedroom door|bedroom door (?:locked|shut|closed)|lock the door",
        r"turn (?:it|the screen|your screen|the camera) away from",
        rf"(?:wait|wait till|wait until|once|when) (?:everyone|your {_FAMILY}|they|everybody) (?:is|are|has|goes|go) (?:all )?(?:asleep|gone|out|to bed|in bed)",
        r"so (?:that )?(?:nobody|no one|they|your mum|your dad|your parents) (?:else )?(?:can|can not|will not) hear",
        rf"do(?:es)? your {_FAMILY} (?:check|read|look at|see|go through)",
        r"who else (?:uses|looks at|can see|is in)",
        rf"your (?:{_FAMILY}|friends) (?:do not|does not) (?:really |even )?(?:care|love|understand|get|like)",
        r"(?:do not need|forget) (?:them|your friends|your parents|your mum|anyone else)",
        r"(?:they|your friends|your parents) are just jealous",
    ),
    rule(
        Category.IMAGE,
        Ruling.HOLD,
        "picture pictures video videos camera bedroom look body feet legs",
        r"(?:send|show|give|text|message|see|get|want|love|like|have|take|swap|trade|share) (?:me |us |with me )?(?:a |an |some |your |one |another |more |any |the |that )*(?:cute |nice |new |quick |little |private |recent )*(?:picture|pictures|video|videos) of (?:you|your|ur) ?(?:face|body|self|yourself|in|without|just|please|now|for me|wearing|today|legs|feet|bedroom|room|tummy|lips|hair|$)",
        r"(?:send|swap|trade) (?:me )?(?:a |some |your |more |another )*(?:picture|pictures) (?:and i will|back|of yourself|just for me|for me only)",
        r"(?:picture|pictures|video) of (?:yourself|your (?:face|body|legs|feet|tummy|bedroom|room|lips))",
        r"(?:picture|pictures|video|videos) (?:just )?(?:for|between) (?:me|us) (?:only|alone)|just for me$",
        r"show me (?:your|ur) (?:bedroom|body|legs|feet|tummy|pyjamas|room|outfit)",
        r"(?:stand up and )?turn around for me|(?:turn|put) your camera on (?:so )?i want",
        r"want to see (?:you on camera|more of you|your (?:body|legs|feet|face))",
        r"what do you look like",
    ),
    rule(
        Category.SEXUAL,
        Ruling.END,
        "wearing kissed kiss sex sexy nude nudes naked underwear bra knickers clothes top shirt virgin horny dirty body "
        "hot masturbate masturbating touch touching bikini pants swimming swimsuit undress strip blowjob bed",
        r"what are you wearing(?: right now| under| underneath| in bed| tonight|$)",
        r"(?:have you|did you|you) (?:ever |yet )?(?:kissed|kiss) (?:a|any|anyone|someone|boys|girls|me)",
        r"(?:want to|can i|could i|let me|going to) kiss you",
        r"do you know what sex|(?:want to|had|have|having) sex with|have you (?:ever )?had sex|let us have sex",
        r"(?:you|your) (?:look|are|is) (?:really |so |very |well |such a )*sexy",
        r"(?:you have|you got|your) (?:got )?(?:a |such a |so )*(?:sexy|hot|fit|gorgeous) body",
        r"(?:send|show|share|swap|trade|want|give|see|got any) (?:me |us )?(?:your |some |a |any |more )*(?:nude|nudes|naked)",
        r"(?:take|pull|get) (?:off )?your (?:clothes|top|shirt|trousers|pants|bra|knickers|skirt|dress)(?: off)?(?! on)",
        r"(?:picture|pictures|video|photo|see you|camera|show me).{0,30}(?:in your (?:underwear|bra|knickers|bikini|swimsuit|swimming costume)|without (?:your |any )?(?:clothes|top|shirt)|naked)",
        r"(?:are you|still) a virgin|(?:are you|feeling|i am) (?:so )?horny",
        r"(?:touch|touching|play with) (?:yourself|your (?:private|body)|me (?:there|down))|masturbat\w+",
        r"(?:dirty|sexy|naughty) (?:game|talk|pictures|picture|videos|video|chat)",
        r"get (?:naked|undressed)|strip for me|undress for me|in bed with (?:you|me)",
    ),
    rule(
        Category.MEET,
        Ruling.HOLD,
        "meet pick house mine car life park us real irl friends flat",
        r"meet (?:up )?(?:with )?(?:me |you )?(?:in person|irl|in real life|alone|just us|somewhere|secretly|at the (?:park|station|shops|mall|bus stop|cinema)|after (?:your|the) (?:lesson|school)|without)",
        r"(?:can|could|should) we meet (?:up )?(?:outside|alone|in|after|without|somewhere|some time|irl)",
        r"want to meet (?:up|you|me|irl|in real)|let us meet (?:up )?(?:just|alone|some|after|outside|irl|in person|and|$|tomorrow|tonight)",
        r"i (?:could|can|will|would) (?:come and )?pick you up (?:after|from|in my|outside|tonight)",
        r"come (?:round |over |back )*to (?:my|mine)(?: (?:house|home|flat|place|room)|$| i| and| after| some)",
        r"in my car(?: round| outside| and| after|$)|wait(?:ing)? (?:for you )?in my car",
        r"(?:see|meet) you in real life|just (?:us two|the two of us|us$)",
        rf"tell your {_FAMILY} (?:that )?you are (?:at|going|with|staying)",
    ),
    rule(
        Category.PLATFORM,
        Ruling.HOLD,
        _APPS + " app private somewhere server number",
        rf"(?:add|dm|message|text|find|follow|call|ring|friend|hit) me (?:up )?(?:on|over|in|through|at) {_APP}",
        rf"(?:what is|give me|tell me|send me) (?:your|ur) {_APP}(?: name| username| id| handle| tag)?|your {_APP} (?:name|username|id|handle)",
        rf"(?:do you have|have you got|do you use|are you on|you got|you on|got) {_APP}(?! (?:lesson|app on the school))",
        rf"(?:my|here is my|this is my) {_APP} (?:is|name|username|it is|handle)|add me on",
        rf"(?:move|talk|chat|speak|switch|go|continue|message|swap|meet) (?:to|on|over|over to|over on|via|me on) {_APP}",
        rf"(?:download|get|install|join) (?:my )?{_APP} (?:so|and|then|server|instead|group)",
        r"(?:talk|chat|speak|go|message|move) (?:to )?(?:somewhere|some where) (?:else|private|more private|quieter|they can not)",
        r"(?:a|another|to a|my) private (?:chat|room|server|account|call|group)",
        r"(?:different|another|other|secret) app (?:that|where|so|which|your|they)",
        r"on (?:snapchat|instagram|whatsapp|discord|telegram|kik) (?:it is|instead|its|later|tonight)|join my (?:discord )?server",
    ),
    rule(
        Category.CONTACT,
        Ruling.HOLD,
        "address number live school password postcode surname phone bus mobile email walk",
        r"(?:what is|give me|send me|tell me|share|need) (?:your|ur) (?:home |mobile |phone |full |house |email |cell )*(?:address|number|password|postcode|surname|phone|mobile|last name)",
        r"(?:which|what) (?:road|street|town|area|house|part of town) do you live",
        r"where (?:exactly )?do you live|where is your house",
        r"(?:what|which) school (?:do|are) you (?:go|at|in)|what is (?:the name of )?your school(?! (?:band|orchestra|choir))|where do you go to school",
        r"(?:which|what) bus do you|(?:how|what time|when) do you (?:walk|get|go) home(?: from school)?(?! practi)",
        r"send me your (?:password|login|pin)|can i (?:have|get) your (?:number|email|phone|address)|your (?:mobile|phone) number(?: so)",
    ),
    rule(
        Category.GIFT,
        Ruling.HOLD,
        "buy bought send get give present gift pay owe robux bucks deal birthday anything phone money",
        r"(?:buy|get|give|send|bought|got) you (?:a |an |some |any |something |anything |the )*(?:new )?(?:special|phone|iphone|present|gift|gift card|robux|v bucks|money|cash|guitar|anything|whatever you|secret|trainers|headphones|£?\d+)",
        r"(?:i have )?got a present for you|i will pay you|pay you \d+ for|you owe me|gift card",
        r"(?:free|send you|get you|some|want) (?:v bucks|vbucks|robux|skins)",
        r"(?:get|find) you a (?:record|modelling|recording) deal",
        r"(?:i will|i would) (?:get|buy|give) you (?:anything|whatever|something)",
    ),
    rule(
        Category.RAPPORT,
        Ruling.HOLD,
        "hot stunning mature love favourite connection boyfriend girlfriend pretty beautiful gorgeous cute met loved special anything "
        "hurt else miss soulmate",
        r"(?:so |very |really )?mature for (?:your|ur) age|older than you (?:are|look)",
        r"i love you(?! (?:all|guys|both|too mum|mum|dad))(?: |$)(?!.{0,12}(?:playing|song|piece))|do you love me|if you (?:really )?loved me",
        r"(?:you are|your) my (?:favourite|special)(?! (?:song|piece|composer|colour|part|subject|lesson|instrument))",
        r"special (?:connection|bond|friendship|relationship)",
        r"(?:do you have|have you got|you got|got) a (?:boyfriend|girlfriend)",
        r"you (?:are|look) (?:so |really |very |such a |absolutely )?(?:pretty|beautiful|gorgeous|cute|stunning|hot)(?! (?:good|in|open|enough|much|well|close|loud|fast|sure|far|confident|nervous))",
        r"never met (?:anyone|someone|a girl|a boy) like you|can tell you anything|tell me anything",
        r"hurt myself if you|(?:nobody|no one) else understands you|you are (?:my )?soulmate",
    ),
)

"""`make bench`: the wire beside its peers."""

from benchmarks.ours import Ours
from benchmarks.peers import PeerJs, SocketIo
from benchmarks.wire import main

main(
    {
        "ours": Ours(review=False),
        "ours_with_review": Ours(review=True),
        "peerjs": PeerJs(),
        "python_socketio": SocketIo(),
    }
)

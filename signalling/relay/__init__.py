"""The media relay: a leg for everybody, RTP forwarded and never decoded. Sans-I/O: datagrams in and out, with `now`."""

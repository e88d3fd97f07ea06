"""The only impure package: process, sockets, HTTP, storage, mail, accounts."""

"""What is wrong with an event of a client, as the event `error` says it. The session goes on.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events/error
"""


class Complaint(Exception):
    """Answered with an `error` event.

    Args:
        message: for people; nothing of what the client sent.
        code: machine code.
        param: the member that is wrong, as a dotted path.
        event_id: of the event that is wrong, where its sender gave it one.
    """

    def __init__(self, message: str, code: str, param: str | None = None, event_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.event_id = event_id


def not_served(message: str, param: str | None = None) -> Complaint:
    """The API has it, and this gateway does not."""
    return Complaint(message, "unsupported", param)

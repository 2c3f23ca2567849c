from speko.providers.call import Usage
from speko.storage import tables
from speko.storage.ledger_rows import attempt_values, usage_values
from tests.storage.rows import attempt_row, usage_row


def test_every_column_has_a_value() -> None:
    assert list(attempt_values(attempt_row())) == tables.attempts.columns.keys()
    assert list(usage_values(usage_row())) == tables.usage.columns.keys()


def test_every_field_has_a_column() -> None:
    attempt_fields = {*attempt_row().__struct_fields__, *Usage.__struct_fields__} - {
        "usage",
        "credential_id",
        "hedge",
        "traceparent",
        "named_session_id",
    }
    assert attempt_fields == set(tables.attempts.columns.keys())
    assert {*usage_row().__struct_fields__} - {"named_session_id"} == set(tables.usage.columns.keys())


def test_a_vendors_message_loses_what_databases_refuse() -> None:
    values = attempt_values(attempt_row(message="a\x00b\ud800c é"))
    assert values["message"] == "a\ufffdb?c é"

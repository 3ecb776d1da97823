/* columns.c: the rows as tables of columns; what is made from them is in table.c. */
#include "store/inside.h"

#define TEXT(s, f, ...)                                                 \
    {                                                                   \
#f, offsetof(struct store_##s, f), COLUMN_TEXT, __VA_ARGS__ + 0 \
    }
#define JSON(s, f, ...)                                                 \
    {                                                                   \
#f, offsetof(struct store_##s, f), COLUMN_JSON, __VA_ARGS__ + 0 \
    }
#define INT(s, f, ...)                                                 \
    {                                                                  \
#f, offsetof(struct store_##s, f), COLUMN_INT, __VA_ARGS__ + 0 \
    }
#define UINT(s, f, ...)                                                 \
    {                                                                   \
#f, offsetof(struct store_##s, f), COLUMN_UINT, __VA_ARGS__ + 0 \
    }
#define BOOL(s, f, ...)                                                 \
    {                                                                   \
#f, offsetof(struct store_##s, f), COLUMN_BOOL, __VA_ARGS__ + 0 \
    }

/* A fact about the row that the database adds: it is in answers only. */
#define GIVEN(f)                        \
    {                                   \
#f, 0, COLUMN_INT, COLUMN_GIVEN \
    }

static const struct column application_columns[] = {
    TEXT(application, id, COLUMN_FIXED),     TEXT(application, name),   JSON(application, data),
    INT(application, created, COLUMN_FIXED), INT(application, updated),
};
static const struct column number_columns[] = {
    TEXT(number, msisdn, COLUMN_FIXED),
    TEXT(number, country),
    TEXT(number, application),
    JSON(number, data),
    INT(number, created),
};
static const struct column conversation_columns[] = {
    TEXT(conversation, id, COLUMN_FIXED),
    TEXT(conversation, application, COLUMN_FIXED),
    TEXT(conversation, name),
    TEXT(conversation, display_name),
    TEXT(conversation, image_url),
    TEXT(conversation, state),
    JSON(conversation, properties),
    JSON(conversation, data),
    BOOL(conversation, transient),
    INT(conversation, created, COLUMN_FIXED),
    INT(conversation, updated),
    INT(conversation, sequence),
};
static const struct column user_columns[] = {
    TEXT(user, id, COLUMN_FIXED),
    TEXT(user, application, COLUMN_FIXED),
    TEXT(user, name),
    TEXT(user, display_name),
    JSON(user, data),
    BOOL(user, system),
    INT(user, created, COLUMN_FIXED),
};
static const struct column member_columns[] = {
    TEXT(member, id, COLUMN_FIXED),
    TEXT(member, conversation, COLUMN_FIXED),
    TEXT(member, application, COLUMN_FIXED),
    TEXT(member, user),
    TEXT(member, state),
    JSON(member, data),
    INT(member, created),
};
static const struct column event_columns[] = {
    GIVEN(seq),
    TEXT(event, application, (COLUMN_HIDDEN | COLUMN_FIXED)),
    TEXT(event, conversation, COLUMN_FIXED),
    INT(event, id, COLUMN_FIXED),
    TEXT(event, type),
    TEXT(event, from),
    TEXT(event, to),
    JSON(event, body),
    BOOL(event, deleted),
    INT(event, timestamp),
};
static const struct column leg_columns[] = {
    TEXT(leg, id, COLUMN_FIXED),
    TEXT(leg, application, COLUMN_FIXED),
    TEXT(leg, conversation),
    TEXT(leg, type),
    TEXT(leg, direction),
    TEXT(leg, status),
    JSON(leg, from),
    JSON(leg, to),
    JSON(leg, detail),
    TEXT(leg, rate),
    TEXT(leg, price),
    TEXT(leg, network),
    INT(leg, created, COLUMN_FIXED),
    INT(leg, start),
    INT(leg, end),
    INT(leg, duration),
    BOOL(leg, live),
};
static const struct column reply_columns[] = {
    TEXT(reply, application, COLUMN_FIXED),
    TEXT(reply, key, COLUMN_FIXED),
    TEXT(reply, fingerprint),
    INT(reply, status),
    TEXT(reply, body),
    INT(reply, created),
};
static const struct column recording_columns[] = {
    TEXT(recording, id, COLUMN_FIXED),     TEXT(recording, application, COLUMN_FIXED),
    TEXT(recording, conversation),         JSON(recording, data),
    INT(recording, created, COLUMN_FIXED),
};
static const struct column registration_columns[] = {
    TEXT(registration, id, COLUMN_FIXED),     TEXT(registration, application, COLUMN_FIXED),
    TEXT(registration, user, COLUMN_FIXED),   JSON(registration, data),
    INT(registration, created, COLUMN_FIXED), INT(registration, expires),
};
static const struct column outbox_columns[] = {
    INT(outbox, seq, COLUMN_FIXED), TEXT(outbox, lane),
    TEXT(outbox, application),      TEXT(outbox, url),
    TEXT(outbox, method),           TEXT(outbox, body),
    BOOL(outbox, trusted),          BOOL(outbox, is_signed),
    INT(outbox, created),           UINT(outbox, attempts),
    UINT(outbox, connect_timeout),  UINT(outbox, timeout),
};
static const struct column dead_columns[] = {
    INT(dead, seq, COLUMN_FIXED),
    TEXT(dead, lane),
    TEXT(dead, application),
    TEXT(dead, url),
    TEXT(dead, method),
    TEXT(dead, body),
    BOOL(dead, trusted),
    BOOL(dead, is_signed),
    INT(dead, created),
    UINT(dead, attempts),
    UINT(dead, connect_timeout),
    UINT(dead, timeout),
    INT(dead, died),
    TEXT(dead, reason),
};

#define TABLE(n, k)                                                                            \
    {                                                                                          \
#n, k, sizeof(struct store_##n), n##_columns, sizeof n##_columns / sizeof *n##_columns \
    }

const struct table tables[TABLES] = {
    [APPLICATION] = TABLE(application, "id"),
    [NUMBER] = TABLE(number, "msisdn"),
    [CONVERSATION] = TABLE(conversation, "id"),
    [USER] = TABLE(user, "id"),
    [MEMBER] = TABLE(member, "id"),
    [EVENT] = TABLE(event, "conversation, id"),
    [LEG] = TABLE(leg, "id"),
    [REPLY] = TABLE(reply, "application, key"),
    [RECORDING] = TABLE(recording, "id"),
    [REGISTRATION] = TABLE(registration, "id"),
    [OUTBOX] = TABLE(outbox, "seq"),
    [DEAD] = TABLE(dead, "seq"),
};

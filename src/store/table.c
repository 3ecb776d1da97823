/* table.c: the rows as tables of columns, and what is made from them: SQL text,
 * copies, bindings, and rows read back as structs or JSON. */
#include "store/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static const struct column conversation_columns[] = {
    TEXT(conversation, id, COLUMN_FIXED),
    TEXT(conversation, application, COLUMN_FIXED),
    TEXT(conversation, name),
    TEXT(conversation, display_name),
    TEXT(conversation, image_url),
    TEXT(conversation, state),
    JSON(conversation, properties),
    BOOL(conversation, transient),
    INT(conversation, created),
    INT(conversation, updated),
    INT(conversation, sequence),
};
static const struct column user_columns[] = {
    TEXT(user, id, COLUMN_FIXED),
    TEXT(user, application, COLUMN_FIXED),
    TEXT(user, name),
    TEXT(user, display_name),
    JSON(user, data),
    INT(user, created),
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
    TEXT(event, application, (COLUMN_HIDDEN | COLUMN_FIXED)),
    TEXT(event, conversation, (COLUMN_HIDDEN | COLUMN_FIXED)),
    INT(event, id, COLUMN_FIXED),
    TEXT(event, type),
    TEXT(event, from),
    TEXT(event, to),
    JSON(event, body),
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
static const struct column outbox_columns[] = {
    INT(outbox, seq, COLUMN_FIXED), TEXT(outbox, lane),
    TEXT(outbox, application),      TEXT(outbox, url),
    TEXT(outbox, method),           TEXT(outbox, body),
    BOOL(outbox, trusted),          BOOL(outbox, is_signed),
    INT(outbox, created),           UINT(outbox, attempts),
};

#define TABLE(n, k)                                                                            \
    {                                                                                          \
#n, k, sizeof(struct store_##n), n##_columns, sizeof n##_columns / sizeof *n##_columns \
    }

const struct table tables[TABLES] = {
    [CONVERSATION] = TABLE(conversation, "id"),
    [USER] = TABLE(user, "id"),
    [MEMBER] = TABLE(member, "id"),
    [EVENT] = TABLE(event, "conversation, id"),
    [LEG] = TABLE(leg, "id"),
    [OUTBOX] = TABLE(outbox, "seq"),
};

char *table_put_sql(const struct table *table)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *comma = "";

    if (!out)
        return NULL;
    fprintf(out, "INSERT INTO %s (", table->name);
    for (unsigned i = 0; i < table->count; i++)
        fprintf(out, "%s\"%s\"", i ? ", " : "", table->columns[i].name);
    fputs(") VALUES (", out);
    for (unsigned i = 0; i < table->count; i++)
        fputs(i ? ", ?" : "?", out);
    fprintf(out, ") ON CONFLICT (%s) DO UPDATE SET ", table->key);
    for (unsigned i = 0; i < table->count; i++) {
        if (table->columns[i].flags & COLUMN_FIXED)
            continue;
        fprintf(out, "%s\"%s\" = excluded.\"%s\"", comma, table->columns[i].name,
                table->columns[i].name);
        comma = ", ";
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

char *table_get_sql(const struct table *table, bool answer, const char *rest)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *comma = "";

    if (!out)
        return NULL;
    fputs("SELECT ", out);
    for (unsigned i = 0; i < table->count; i++) {
        if (answer && table->columns[i].flags & COLUMN_HIDDEN)
            continue;
        fprintf(out, "%s\"%s\"", comma, table->columns[i].name);
        comma = ", ";
    }
    fprintf(out, " FROM %s %s", table->name, rest);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static const char **text_at(const void *row, const struct column *column)
{
    return (const char **)(void *)((char *)row + column->offset);
}

static bool is_text(const struct column *column)
{
    return column->kind == COLUMN_TEXT || column->kind == COLUMN_JSON;
}

int table_bind(const struct table *table, sqlite3_stmt *statement, const void *row)
{
    int rc = SQLITE_OK;

    for (unsigned i = 0; i < table->count && rc == SQLITE_OK; i++) {
        const struct column *column = &table->columns[i];
        const char *at = (const char *)row + column->offset;
        int place = (int)i + 1;

        switch (column->kind) {
        case COLUMN_TEXT:
        case COLUMN_JSON:
            rc = sqlite3_bind_text(statement, place, *text_at(row, column), -1, SQLITE_STATIC);
            break;
        case COLUMN_INT:
            rc = sqlite3_bind_int64(statement, place, *(const int64_t *)(const void *)at);
            break;
        case COLUMN_UINT:
            rc = sqlite3_bind_int64(statement, place, *(const unsigned *)(const void *)at);
            break;
        case COLUMN_BOOL:
            rc = sqlite3_bind_int(statement, place, *(const bool *)(const void *)at);
            break;
        }
    }
    return rc;
}

void table_read(const struct table *table, sqlite3_stmt *statement, void *row)
{
    for (unsigned i = 0; i < table->count; i++) {
        const struct column *column = &table->columns[i];
        char *at = (char *)row + column->offset;
        int64_t value = is_text(column) ? 0 : sqlite3_column_int64(statement, (int)i);

        switch (column->kind) {
        case COLUMN_TEXT:
        case COLUMN_JSON:
            *text_at(row, column) = (const char *)sqlite3_column_text(statement, (int)i);
            break;
        case COLUMN_INT:
            *(int64_t *)(void *)at = value;
            break;
        case COLUMN_UINT:
            *(unsigned *)(void *)at = (unsigned)value;
            break;
        case COLUMN_BOOL:
            *(bool *)(void *)at = value != 0;
            break;
        }
    }
}

static json_t *json_of(const struct column *column, sqlite3_stmt *statement, int i)
{
    const char *text;

    if (column->kind == COLUMN_BOOL)
        return json_boolean(sqlite3_column_int(statement, i));
    if (!is_text(column))
        return json_integer(sqlite3_column_int64(statement, i));
    text = (const char *)sqlite3_column_text(statement, i);
    if (!text)
        return NULL;
    return column->kind == COLUMN_JSON ? json_loads(text, JSON_DECODE_ANY, NULL)
                                       : json_string(text);
}

json_t *table_json(const struct table *table, sqlite3_stmt *statement)
{
    json_t *row = json_object();
    int place = 0;

    for (unsigned i = 0; i < table->count; i++) {
        const struct column *column = &table->columns[i];
        json_t *value;

        if (column->flags & COLUMN_HIDDEN)
            continue;
        value = json_of(column, statement, place++);
        if (value)
            json_object_set_new(row, column->name, value);
    }
    return row;
}

size_t table_copy_size(const struct table *table, const void *row)
{
    size_t size = table->size;

    for (unsigned i = 0; i < table->count; i++) {
        if (is_text(&table->columns[i]) && *text_at(row, &table->columns[i]))
            size += strlen(*text_at(row, &table->columns[i])) + 1;
    }
    return size;
}

void table_copy(const struct table *table, void *to, const void *row)
{
    char *next = (char *)to + table->size;

    memcpy(to, row, table->size);
    for (unsigned i = 0; i < table->count; i++) {
        const char **text = text_at(to, &table->columns[i]);
        size_t size;

        if (!is_text(&table->columns[i]) || !*text)
            continue;
        size = strlen(*text) + 1;
        memcpy(next, *text, size);
        *text = next;
        next += size;
    }
}

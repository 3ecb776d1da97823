/* table.c: what is made from the columns of a table: SQL text, copies, bindings, and
 * rows read back as structs or JSON. */
#include "store/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_put(const struct column *column)
{
    return !(column->flags & COLUMN_GIVEN);
}

static bool is_answered(const struct column *column)
{
    return !(column->flags & COLUMN_HIDDEN);
}

char *table_put_sql(const struct table *table)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *comma = "";

    if (!out)
        return NULL;
    fprintf(out, "INSERT INTO %s (", table->name);
    for (unsigned i = 0; i < table->count; i++) {
        if (!is_put(&table->columns[i]))
            continue;
        fprintf(out, "%s\"%s\"", comma, table->columns[i].name);
        comma = ", ";
    }
    fputs(") VALUES (", out);
    comma = "?";
    for (unsigned i = 0; i < table->count; i++) {
        if (!is_put(&table->columns[i]))
            continue;
        fputs(comma, out);
        comma = ", ?";
    }
    fprintf(out, ") ON CONFLICT (%s) DO UPDATE SET ", table->key);
    comma = "";
    for (unsigned i = 0; i < table->count; i++) {
        if (table->columns[i].flags & (COLUMN_FIXED | COLUMN_GIVEN))
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

char *table_get_sql(const struct table *table, const char *rest)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *comma = "";

    if (!out)
        return NULL;
    fputs("SELECT ", out);
    for (unsigned i = 0; i < table->count; i++) {
        if (!is_put(&table->columns[i]))
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

size_t table_write_answer(const struct table *table, char *out, size_t room, const char *alias)
{
    const char *comma = "";
    size_t length = 0;

    for (unsigned i = 0; i < table->count; i++) {
        if (!is_answered(&table->columns[i]))
            continue;
        length += (size_t)snprintf(out + length, room - length, "%s%s.\"%s\"", comma, alias,
                                   table->columns[i].name);
        assert(length < room);
        comma = ", ";
    }
    return length;
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
    int rc = SQLITE_OK, place = 0;

    for (unsigned i = 0; i < table->count && rc == SQLITE_OK; i++) {
        const struct column *column = &table->columns[i];
        const char *at = (const char *)row + column->offset;

        if (!is_put(column))
            continue;
        place++;
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
    int place = 0;

    for (unsigned i = 0; i < table->count; i++) {
        const struct column *column = &table->columns[i];
        char *at = (char *)row + column->offset;

        if (!is_put(column))
            continue;
        switch (column->kind) {
        case COLUMN_TEXT:
        case COLUMN_JSON:
            *text_at(row, column) = (const char *)sqlite3_column_text(statement, place);
            break;
        case COLUMN_INT:
            *(int64_t *)(void *)at = sqlite3_column_int64(statement, place);
            break;
        case COLUMN_UINT:
            *(unsigned *)(void *)at = (unsigned)sqlite3_column_int64(statement, place);
            break;
        case COLUMN_BOOL:
            *(bool *)(void *)at = sqlite3_column_int64(statement, place) != 0;
            break;
        }
        place++;
    }
}

static json_t *json_of(const struct column *column, sqlite3_stmt *statement, int place)
{
    const char *text;

    if (column->kind == COLUMN_BOOL)
        return json_boolean(sqlite3_column_int(statement, place));
    if (!is_text(column))
        return json_integer(sqlite3_column_int64(statement, place));
    text = (const char *)sqlite3_column_text(statement, place);
    if (!text)
        return NULL;
    return column->kind == COLUMN_JSON ? json_loads(text, JSON_DECODE_ANY, NULL)
                                       : json_string(text);
}

json_t *table_json(const struct table *table, sqlite3_stmt *statement, int *place)
{
    json_t *row = json_object();

    for (unsigned i = 0; row && i < table->count; i++) {
        const struct column *column = &table->columns[i];
        json_t *value;

        if (!is_answered(column))
            continue;
        value = json_of(column, statement, (*place)++);
        if (value && json_object_set_new_nocheck(row, column->name, value)) {
            json_decref(row);
            row = NULL;
        }
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

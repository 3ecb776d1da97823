/* page.c: the rows of a table that match, a page of them: by number, with the count of
 * all, or by cursor, with what lies before and behind. A page by cursor costs what it
 * holds, however long the list is: it begins at a key of an index, and one row more than
 * was asked for tells whether there are others. */
#include "store/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CONDITIONS_MOST = 8, TEXT_MOST = 512, ROWS_MOST = 2048 };

/* What is read: the selection's conditions and one on the key, in one direction. */
struct reading {
    struct store *store;
    const struct selection *selection;
    struct condition conditions[CONDITIONS_MOST + 1];
    size_t count;
    char key[96], where[TEXT_MOST], order[96]; /* key: SQL of the last condition */
};

static bool is_given(const struct condition *condition)
{
    return condition->text || condition->number;
}

static const char *order_of(const struct selection *selection)
{
    return selection->order ? selection->order : "id";
}

/* "WHERE a = ? AND b >= ? …" */
static void write_where(struct reading *reading)
{
    const char *word = "WHERE";
    size_t length = 0;

    reading->where[0] = '\0';
    for (size_t i = 0; i < reading->count; i++) {
        if (!is_given(&reading->conditions[i]))
            continue;
        length += (size_t)snprintf(reading->where + length, TEXT_MOST - length, " %s %s", word,
                                   reading->conditions[i].sql);
        word = "AND";
    }
    assert(length < TEXT_MOST);
}

/* key: NULL, or the row to compare with, by `operator`. */
static void begin(struct reading *reading, struct store *store, const struct selection *selection,
                  const char *key, const char *operator)
{
    assert(selection->count <= CONDITIONS_MOST);
    reading->store = store;
    reading->selection = selection;
    reading->count = selection->count;
    memcpy(reading->conditions, selection->conditions,
           selection->count * sizeof *selection->conditions);
    if (key) {
        snprintf(reading->key, sizeof reading->key, "t.%s %s %s", order_of(selection), operator,
                 selection->is_number ? "CAST(? AS INTEGER)" : "?");
        reading->conditions[reading->count++] = (struct condition){reading->key, key, 0};
    }
    write_where(reading);
}

static int bind_conditions(sqlite3_stmt *statement, const struct reading *reading)
{
    int place = 0;

    for (size_t i = 0; i < reading->count; i++) {
        const struct condition *condition = &reading->conditions[i];

        if (!is_given(condition) || !strchr(condition->sql, '?'))
            continue;
        if (condition->text)
            sqlite3_bind_text(statement, ++place, condition->text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, ++place, condition->number);
    }
    return place;
}

/* The first number that `SELECT what FROM … WHERE …` gives, or 0. */
static int read_number(const struct reading *reading, const char *what, const char *rest,
                       int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    char sql[TEXT_MOST + 128];
    int rc;

    snprintf(sql, sizeof sql, "SELECT %s FROM %s AS t%s%s", what,
             tables[reading->selection->table].name, reading->where, rest);
    rc = statement_take(reading->store, sql, &statement);
    if (rc == SQLITE_OK) {
        bind_conditions(statement, reading);
        rc = sqlite3_step(statement);
    }
    *number = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    statement_give(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : EIO;
}

static void write_rows_sql(const struct reading *reading, char sql[ROWS_MOST])
{
    const struct selection *selection = reading->selection;
    size_t length = (size_t)snprintf(sql, ROWS_MOST, "SELECT ");

    length += table_write_answer(&tables[selection->table], sql + length, ROWS_MOST - length, "t");
    for (size_t i = 0; i < selection->attached; i++) {
        length += (size_t)snprintf(sql + length, ROWS_MOST - length, ", ");
        length += table_write_answer(&tables[selection->attachments[i].table], sql + length,
                                     ROWS_MOST - length, selection->attachments[i].alias);
    }
    length +=
        (size_t)snprintf(sql + length, ROWS_MOST - length,
                         " FROM %s AS t %s%s ORDER BY t.%s LIMIT ?", tables[selection->table].name,
                         selection->joins ? selection->joins : "", reading->where, reading->order);
    assert(length < ROWS_MOST);
}

static json_t *row_json(const struct selection *selection, sqlite3_stmt *statement)
{
    int place = 0;
    json_t *row = table_json(&tables[selection->table], statement, &place);

    for (size_t i = 0; row && i < selection->attached; i++) {
        bool is_there = sqlite3_column_type(statement, place) != SQLITE_NULL;
        json_t *other = table_json(&tables[selection->attachments[i].table], statement, &place);

        if (!is_there) {
            json_decref(other);
        } else if (json_object_set_new(row, selection->attachments[i].name, other)) {
            json_decref(row);
            row = NULL;
        }
    }
    return row;
}

static int read_rows(const struct reading *reading, int64_t limit, json_t *rows)
{
    sqlite3_stmt *statement = NULL;
    char sql[ROWS_MOST];
    int rc, err = 0;

    write_rows_sql(reading, sql);
    rc = statement_take(reading->store, sql, &statement);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(statement, bind_conditions(statement, reading) + 1,
                           limit > 0 ? limit : -1);
        while (!err && (rc = sqlite3_step(statement)) == SQLITE_ROW)
            err = json_array_append_new(rows, row_json(reading->selection, statement)) ? ENOMEM : 0;
    }
    statement_give(statement);
    if (err)
        return err;
    return rc == SQLITE_DONE ? 0 : EIO;
}

/* The key of the row at the offset, malloced; NULL: there is none. It stands in the index: the
 * rows before it are not looked at. */
static int find_key(const struct reading *reading, int64_t offset, char **key)
{
    sqlite3_stmt *statement = NULL;
    const char *order = order_of(reading->selection);
    char sql[TEXT_MOST + 256];
    int rc, err = 0;

    *key = NULL;
    snprintf(sql, sizeof sql, "SELECT t.%s FROM %s AS t%s ORDER BY t.%s LIMIT 1 OFFSET ?", order,
             tables[reading->selection->table].name, reading->where, reading->order);
    rc = statement_take(reading->store, sql, &statement);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(statement, bind_conditions(statement, reading) + 1, offset);
        rc = sqlite3_step(statement);
    }
    if (rc == SQLITE_ROW) {
        *key = strdup((const char *)sqlite3_column_text(statement, 0));
        err = *key ? 0 : ENOMEM;
    } else if (rc != SQLITE_DONE) {
        err = EIO;
    }
    statement_give(statement);
    return err;
}

/* The page from the offset on; none of its rows when there are not so many. */
static int read_from(struct reading *reading, const struct store_page *page, json_t *rows)
{
    char *key;
    int err;

    if (page->offset <= 0)
        return read_rows(reading, page->limit, rows);
    err = find_key(reading, page->offset, &key);
    if (err || !key)
        return err;
    begin(reading, reading->store, reading->selection, key, page->descending ? "<=" : ">=");
    err = read_rows(reading, page->limit, rows);
    free(key);
    return err;
}

static int by_number(struct store *store, struct op *op, const struct selection *selection,
                     const struct store_page *page)
{
    int64_t offset = page->offset > 0 ? page->offset : 0, size;
    struct reading reading;
    int err;

    begin(&reading, store, selection, NULL, "");
    snprintf(reading.order, sizeof reading.order, "%s%s", order_of(selection),
             page->descending ? " DESC" : "");
    err = read_from(&reading, page, op->rows);
    if (err)
        return err;
    size = (int64_t)json_array_size(op->rows);
    if ((page->limit <= 0 || size < page->limit) && (size || !offset)) {
        op->count = offset + size; /* the last page tells the count itself */
        return 0;
    }
    begin(&reading, store, selection, NULL, "");
    return read_number(&reading, "count(*)", "", &op->count);
}

static void turn_round(json_t *rows)
{
    for (size_t i = 0, j = json_array_size(rows); i + 1 < j; i++) {
        json_t *first = json_incref(json_array_get(rows, i));

        j--;
        json_array_set(rows, i, json_array_get(rows, j));
        json_array_set_new(rows, j, first);
    }
}

/* Whether a row lies on the side of the key that the page does not: the key's own too. */
static int look_behind(struct store *store, const struct selection *selection,
                       const struct store_page *page, bool downwards, bool *is_there)
{
    struct reading reading;
    int64_t number;

    *is_there = false;
    if (!page->key)
        return 0;
    begin(&reading, store, selection, page->key, downwards ? ">=" : "<=");
    if (read_number(&reading, "1", " LIMIT 1", &number))
        return EIO;
    *is_there = number != 0;
    return 0;
}

static int by_cursor(struct store *store, struct op *op, const struct selection *selection,
                     const struct store_page *page)
{
    bool downwards = page->descending != page->back, behind;
    size_t limit = page->limit > 0 ? (size_t)page->limit : 0;
    struct reading reading;
    int err;

    begin(&reading, store, selection, page->key, downwards ? "<" : ">");
    snprintf(reading.order, sizeof reading.order, "%s%s", order_of(selection),
             downwards ? " DESC" : "");
    err = look_behind(store, selection, page, downwards, &behind);
    if (!err)
        err = read_rows(&reading, limit ? page->limit + 1 : 0, op->rows);
    if (err)
        return err;
    if (limit && json_array_size(op->rows) > limit) {
        json_array_remove(op->rows, limit);
        op->count |= page->back ? STORE_PREV : STORE_NEXT;
    }
    if (behind)
        op->count |= page->back ? STORE_NEXT : STORE_PREV;
    if (page->back)
        turn_round(op->rows);
    return 0;
}

int page_answer(struct store *store, struct op *op, const struct selection *selection,
                const struct store_page *page)
{
    op->rows = json_array();
    if (!op->rows)
        return ENOMEM;
    return page->cursor ? by_cursor(store, op, selection, page)
                        : by_number(store, op, selection, page);
}

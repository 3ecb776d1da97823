/* people.h: what conversations, users, members and knocking share. */
#ifndef OFFHOOK_API_PEOPLE_H
#define OFFHOOK_API_PEOPLE_H

#include "api/private.h"

/* json_conversation.c */

const char *row_text(const json_t *row, const char *name); /* "": none */
bool api_is_old(const struct api_request *request);        /* beta, v0.1, beta2, v0.2 */
/* Those of the names (ended by NULL) that are there; null is not. */
void json_copy_members(json_t *object, const json_t *from, const char *const *names);
/* {self: {href: ORIGIN/VERSION/PATH/ID}} */
json_t *json_self(const struct api_request *request, const char *path, const char *id);
json_t *json_id_href(const struct api_request *request, const char *path, const char *id);
json_t *member_nested(const json_t *row); /* within a conversation of the old families */

/* people_shapes.c: rows for tables */

extern const struct shape shape_id_href[], shape_endpoint[], shape_channel[], shape_media[],
    shape_reason[], shape_nothing[], shape_text_item[];

/* The members of a list's reply. NAME: of the array; ROW: an array row of one item's shape. */
#define SHAPE_ROW(row, of) \
    static const struct shape row[] = {{"", SHAPE_OBJECT, .members = (of)}, {.name = NULL}}
#define SHAPE_CURSOR_LIST(list, noun, row)                                      \
    static const struct shape list##_items[] = {                                \
        {noun, SHAPE_ARRAY, SHAPE_REQUIRED, .members = (row)}, {.name = NULL}}; \
    static const struct shape list[] = {                                        \
        {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED},                           \
        {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = list##_items},   \
        {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_page_links},  \
        {.name = NULL}}
#define SHAPE_DATA_LIST(list, noun, row)                                                  \
    static const struct shape list##_items[] = {                                          \
        {noun, SHAPE_ARRAY, SHAPE_REQUIRED, .members = (row)}, {.name = NULL}};           \
    static const struct shape list##_data[] = {                                           \
        {"data", SHAPE_OBJECT, SHAPE_REQUIRED, .members = list##_items}, {.name = NULL}}; \
    static const struct shape list[] = {                                                  \
        {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED},                                     \
        {"cursor", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY},                           \
        {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = list##_data},              \
        {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_page_links},            \
        {.name = NULL}}

/* people.c */

/* What check() made of a list's query. */
struct people_query {
    struct api_page page;
    int64_t from, to; /* date_start, date_end */
};
bool people_list_check(struct api_request *request);
/* The answer to a list's question: each row as `item` writes it. rows are taken over. */
void people_answer_list(struct api_request *request, enum api_list_style style, const char *name,
                        json_t *rows, int64_t count,
                        json_t *(*item)(const struct api_request *request, const json_t *row));

#endif

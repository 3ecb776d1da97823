/* log_stream.h: the log as Server-Sent Events; for log*.c only. Control thread.
 *
 *   idle ──wake, heartbeat──> asking ──rows──> sending ──drained──> asking … ──no more──> idle
 *
 * A page is asked for only when the peer has taken the one before: a slow reader costs a page
 * of memory, and the store nothing. All end when the token expires, the application changes
 * or goes, the peer goes, or the door closes. */
#ifndef OFFHOOK_API_LOG_STREAM_H
#define OFFHOOK_API_LOG_STREAM_H

#include "api/private.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct log_group {
    struct UT_hash_handle hh;
    struct api_log *log; /* borrowed */
    char *application;
    struct list streams;
    bool awake; /* an event came since its readers looked */
};

struct api_log {
    struct api *api; /* borrowed; NULL: stopped */
    struct log_group *groups;
    unsigned streams;
    bool waking; /* a fence is on its way */
};

/* Two hold it: the group, until it is over, and the HTTP room, until it calls closed(). */
struct log_stream;

/* Where a reader begins. */
struct log_place {
    int64_t after; /* seq; 0: the oldest kept */
    bool now;      /* behind what there is */
};

/* log_readers.c: the readers of an application. NULL: none; out of memory. */
struct log_group *log_group_find(struct api_log *log, const char *application);
struct log_group *log_group_make(struct api_log *log, const char *application);
void log_group_drop(struct log_group *group); /* without readers */

/* Asks for the next page, unless the last one is not taken yet. */
void log_stream_look(struct log_stream *stream);
/* The group's hold ends; the group goes with its last. */
void log_stream_end(struct log_stream *stream);
struct log_stream *log_stream_first(const struct log_group *group);
struct log_stream *log_stream_of(struct list *node);
/* Answers the request with a stream, or refuses it. Takes its reference. */
void log_stream_open(struct api_request *request, const struct log_place *place);

/* An event of a row of the log: v1, with its conversation and cursor; new reference. */
json_t *log_event_json(const struct api_request *request, const json_t *row);
char *log_cursor(int64_t seq); /* mem */
/* Behind these rows; after: where they were asked for. whole: there was no more. */
int64_t log_behind(const json_t *rows, int64_t after, int64_t count, bool whole);

#endif

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

/* Where a reader begins. */
struct log_place {
    int64_t after; /* seq; 0: the oldest kept */
    bool now;      /* behind what there is */
};

/* Answers the request with a stream, or refuses it. Takes its reference. */
void log_stream_open(struct api_request *request, const struct log_place *place);

/* An event of a row of the log: v1, with its conversation and cursor; new reference. */
json_t *log_event_json(const struct api_request *request, const json_t *row);
char *log_cursor(int64_t seq); /* mem */
/* Behind these rows; after: where they were asked for. whole: there was no more. */
int64_t log_behind(const json_t *rows, int64_t after, int64_t count, bool whole);

#endif

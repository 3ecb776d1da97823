/* rows.c: rows on their way from control to the HTTP thread. The request stays open, so its
 * reference is theirs until it is answered. */
#include "api/private.h"

#include <errno.h>
#include <stdlib.h>

struct rows {
    struct api_request *request;
    int err;
    json_t *rows; /* ours; or NULL */
    int64_t count;
    store_answer_h *write;
};

static void on_http(void *arg)
{
    struct rows *rows = arg;

    rows->write(rows->err, rows->rows, rows->count, rows->request);
    free(rows);
}

void api_write_rows(struct api_request *request, int err, json_t *rows, int64_t count,
                    store_answer_h *write)
{
    struct rows *way;

    if (!api_still_open(request)) { /* nor is there a server */
        json_decref(rows);
        return;
    }
    way = malloc(sizeof *way);
    if (way)
        *way = (struct rows){request, err, rows, count, write};
    if (way && !rest_call(request->api->rest, on_http, way))
        return;
    free(way);
    json_decref(rows);
    api_refuse_errno(request, ENOMEM, NULL);
}

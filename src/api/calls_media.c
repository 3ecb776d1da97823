/* calls_media.c: PUT and DELETE /v1/calls/{uuid}/input/dtmf: the keys that a call presses are
 * told to a URL, each as it comes. */
#include "api/legs.h"

static struct call *find_call(struct api_request *request)
{
    struct member *member = legs_find(request);

    if (member && !member_kept(member))
        api_refuse(request, API_NO_CALL, NULL);
    return member ? member_kept(member) : NULL;
}

void calls_digits_start(struct api_request *request)
{
    struct call *call = find_call(request);
    const char *method = api_text(request, "event_method");
    int err;

    if (!call)
        return;
    err = call_watch_digits(call, api_url(request->body, "event_url"), method);
    if (err)
        api_refuse_errno(request, err, NULL);
    else
        api_answer_done(request, NULL);
}

void calls_digits_stop(struct api_request *request)
{
    struct call *call = find_call(request);

    if (!call)
        return;
    call_watch_digits(call, NULL, NULL);
    api_answer_done(request, NULL);
}

/* find.c: what a request is about, and who asks; on control. */
#include "api/private.h"

struct application *api_application(const struct api_request *request)
{
    return request->application ? application_find(request->api->conf.bridge, request->application)
                                : NULL;
}

struct conversation *api_conversation(struct api_request *request)
{
    struct application *application = api_application(request);
    struct conversation *conversation =
        application ? conversation_find(request->api->conf.bridge, application, request->ids[0])
                    : NULL;

    if (!conversation)
        api_refuse(request, API_NO_CONVERSATION, NULL);
    return conversation;
}

struct member *api_member_of(struct api_request *request, struct conversation *conversation,
                             const char *id)
{
    struct member *member = member_find(conversation, id);

    if (!member)
        api_refuse(request, API_NO_MEMBER, NULL);
    return member;
}

struct user *api_user(struct api_request *request, const char *id)
{
    struct application *application = api_application(request);
    struct user *user = application ? user_find(application, id) : NULL;

    if (!user)
        api_refuse(request, API_NO_USER, NULL);
    return user;
}

bool api_actor(struct api_request *request, struct user **user)
{
    struct application *application = api_application(request);

    *user = NULL;
    if (!request->sub)
        return true;
    if (application)
        *user = user_named(application, request->sub);
    if (!*user)
        api_refuse(request, API_FORBIDDEN, "The token is for a user that does not exist.");
    return *user != NULL;
}

bool api_may_act(struct api_request *request, const struct member *member, enum api_error denied)
{
    struct user *user;

    if (!api_actor(request, &user))
        return false;
    if (!user || member_user(member) == user)
        return true;
    api_refuse(request, denied, NULL);
    return false;
}

const json_t *api_one_row(struct api_request *request, int err, const json_t *rows,
                          enum api_error missing)
{
    const json_t *row = json_array_get(rows, 0);

    if (err)
        api_refuse_errno(request, err, NULL);
    else if (!row)
        api_refuse(request, missing, NULL);
    return err ? NULL : row;
}

/* info.c: INFO in a dialog (RFC 6086), taken and sent. What is in it is the owner's
 * business; which types of it he reads, and whether he could, is told to the peer. */
#include "ua/private.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* Is the type in a list such as "text/plain, application/json"? */
static bool is_listed(const char *list, const char *type)
{
    size_t size = strlen(type);

    while (*list) {
        size_t length;

        list += strspn(list, ", ");
        length = strcspn(list, ", ");
        if (length == size && !strncasecmp(list, type, size))
            return true;
        list += length;
    }
    return false;
}

static void respond(const struct endpoint *endpoint, nua_handle_t *handle, int status,
                    const char *phrase)
{
    nua_respond(handle, status, phrase, NUTAG_WITH_THIS(endpoint->nua), TAG_END());
}

static void refuse_body(struct dialog *dialog)
{
    char line[256];

    nua_respond(dialog->handle, SIP_400_BAD_REQUEST, NUTAG_WITH_THIS(dialog->endpoint->nua),
                SIPTAG_WARNING_STR(header_warning(line, sizeof line, ua_host(dialog->endpoint), 399,
                                                  "the body of the INFO is not of its type")),
                TAG_END());
}

static void take(struct dialog *dialog, const char *type, const char *body)
{
    const struct dialog_handlers *handlers = dialog->handlers;
    const char *types = handlers->info_types;
    int err;

    if (types && !is_listed(types, type)) {
        nua_respond(dialog->handle, SIP_415_UNSUPPORTED_MEDIA,
                    NUTAG_WITH_THIS(dialog->endpoint->nua), SIPTAG_ACCEPT_STR(types), TAG_END());
        return;
    }
    err = handlers->info(type, body, dialog->arg);
    if (!dialog->handle)
        return;
    if (err)
        refuse_body(dialog);
    else
        respond(dialog->endpoint, dialog->handle, SIP_200_OK);
}

void info_request(struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog,
                  const sip_t *sip)
{
    const sip_payload_t *payload = sip->sip_payload;
    bool empty = !payload || !payload->pl_data || !payload->pl_len;
    const char *type = sip->sip_content_type ? sip->sip_content_type->c_type : "";

    if (!dialog) {
        respond(endpoint, handle, SIP_481_NO_TRANSACTION);
        nua_handle_destroy(handle);
    } else if (dialog->state == DIALOG_ENDING) {
        respond(endpoint, handle, SIP_481_NO_TRANSACTION);
    } else if (empty || !dialog->handlers || !dialog->handlers->info) {
        respond(endpoint, handle, SIP_200_OK); /* a sign of life */
    } else {
        take(dialog, type, payload->pl_data);
    }
}

int dialog_info(struct dialog *dialog, const char *content_type, const char *body)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (dialog->state != DIALOG_UP)
        return ENOTCONN;
    if (dialog->informing)
        return EBUSY;
    dialog->informing = true;
    nua_info(dialog->handle, SIPTAG_CONTENT_TYPE_STR(content_type), SIPTAG_PAYLOAD_STR(body),
             TAG_END());
    return 0;
}

void info_response(struct dialog *dialog, int status)
{
    if (status < 200 || !dialog->informing)
        return;
    dialog->informing = false;
    if (dialog->handlers && dialog->handlers->informed)
        dialog->handlers->informed(status, dialog->arg);
}

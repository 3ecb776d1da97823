/* phone.c: the phone: its user agent, its policies and the list of its lines. */
#include "cli/phone_private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct user_policy {
    struct list node;
    char *user;
    struct phone_policy policy;
};

static void policy_destroy(void *obj)
{
    struct user_policy *own = obj;

    list_remove(&own->node);
    mem_unref(own->user);
}

static struct user_policy *policy_find(struct phone *phone, const char *user)
{
    list_each (node, &phone->policies) {
        struct user_policy *own = list_entry(node, struct user_policy, node);

        if (strcmp(own->user, user) == 0)
            return own;
    }
    return NULL;
}

int phone_accept(struct phone *phone, const char *user, const struct phone_policy *policy)
{
    struct user_policy *own;

    MAGIC_CHECK(phone, PHONE_MAGIC);
    if (!user) {
        phone->policy = *policy;
        return 0;
    }
    own = policy_find(phone, user);
    if (!own) {
        own = mem_alloc(sizeof *own, policy_destroy);
        if (!own)
            return ENOMEM;
        own->user = mem_strdup(user);
        if (!own->user) {
            mem_unref(own);
            return ENOMEM;
        }
        list_append(&phone->policies, &own->node);
    }
    own->policy = *policy;
    return 0;
}

static enum ua_verdict source(const struct sockaddr_storage *from, const char *method, void *arg)
{
    (void)from;
    (void)method;
    (void)arg;
    return UA_ALLOW;
}

static void forget(struct phone *phone, struct line *line)
{
    list_remove(&line->node);
    phone->over--;
    mem_unref(line);
}

static void trim(struct phone *phone)
{
    list_each (node, &phone->lines) {
        struct line *line = list_entry(node, struct line, node);

        if (phone->over <= LINES_OVER)
            return;
        if (line->state == LINE_OVER)
            forget(phone, line);
    }
}

static void incoming(struct dialog *dialog, void *arg)
{
    struct phone *phone = arg;
    struct user_policy *own = policy_find(phone, dialog_invite_of(dialog)->to_user);
    const struct phone_policy *policy = own ? &own->policy : &phone->policy;
    struct line *line;
    char name[32];

    MAGIC_CHECK(phone, PHONE_MAGIC);
    if (phone->stopping)
        return;
    trim(phone);
    snprintf(name, sizeof name, "in-%u", ++phone->incoming);
    if (line_alloc(&line, phone, name, &policy->can, policy->tone, policy->amplitude))
        return;
    list_append(&phone->lines, &line->node);
    line->policy = *policy;
    line_ring(line, dialog);
}

static void destroy(void *obj)
{
    struct phone *phone = obj;

    if (phone->lines.next) {
        list_each (node, &phone->lines) {
            list_remove(node);
            mem_unref(list_entry(node, struct line, node));
        }
    }
    if (phone->policies.next) {
        list_each (node, &phone->policies)
            mem_unref(list_entry(node, struct user_policy, node));
    }
    mem_unref(phone->ua);
    if (phone->engine)
        phone_rtp_stop(phone->engine);
    mem_unref(phone->engine);
    mem_unref(phone->address);
    mem_unref(phone->where);
    mem_unref(phone->loop);
}

static int listen_on(struct phone *phone, void *root, const struct phone_conf *conf)
{
    struct ua_listen at = {.port = conf->port};
    struct ua_conf ua = {.listen = &at, .listen_count = 1, .user_agent = "offhook-phone"};
    const struct ua_handlers on = {.source = source, .incoming = incoming, .arg = phone};
    bool is_v6 = strchr(conf->address, ':') != NULL;
    int err;

    snprintf(at.transport, sizeof at.transport, "%s", conf->transport);
    snprintf(at.host, sizeof at.host, "%s", conf->address);
    err = ua_start(&phone->ua, root, &ua, &on);
    if (err)
        return err;
    phone->where =
        mem_printf(is_v6 ? "[%s]:%u" : "%s:%u", conf->address, ua_port(phone->ua, conf->transport));
    return phone->where ? 0 : ENOMEM;
}

int phone_start(struct phone **phonep, void *root, struct loop *loop, const struct phone_conf *conf,
                const struct phone_handlers *handlers)
{
    struct phone *phone = mem_alloc(sizeof *phone, destroy);
    int err;

    if (!phone)
        return ENOMEM;
    phone->magic = PHONE_MAGIC;
    list_init(&phone->lines);
    list_init(&phone->policies);
    phone->on = *handlers;
    phone->loop = mem_ref(loop);
    phone->policy = (struct phone_policy){.action = PHONE_REFUSE, .status = 480};
    phone->address = mem_strdup(conf->address);
    err = phone->address ? phone_rtp_start(&phone->engine) : ENOMEM;
    if (!err)
        err = listen_on(phone, root, conf);
    if (err)
        mem_unref(phone);
    else
        *phonep = phone;
    return err;
}

void phone_stop(struct phone *phone, loop_h *done, void *arg)
{
    MAGIC_CHECK(phone, PHONE_MAGIC);
    phone->stopping = true;
    list_each (node, &phone->lines)
        line_hangup(list_entry(node, struct line, node));
    ua_stop(phone->ua, done, arg);
}

const char *phone_address(const struct phone *phone)
{
    MAGIC_CHECK(phone, PHONE_MAGIC);
    return phone->where;
}

struct line *phone_line(struct phone *phone, const char *name)
{
    MAGIC_CHECK(phone, PHONE_MAGIC);
    list_each (node, &phone->lines) {
        struct line *line = list_entry(node, struct line, node);

        if (strcmp(line->name, name) == 0)
            return line;
    }
    return NULL;
}

int phone_call(struct phone *phone, const struct phone_call *call, struct line **linep)
{
    struct line *line = phone_line(phone, call->name);
    int err;

    if (line && line->state != LINE_OVER)
        return EEXIST;
    if (line)
        forget(phone, line);
    trim(phone);
    err = line_alloc(&line, phone, call->name, &call->can, call->tone, call->amplitude);
    if (err)
        return err;
    err = line_call(line, call);
    if (err) {
        mem_unref(line);
        return err;
    }
    list_append(&phone->lines, &line->node);
    *linep = line;
    return 0;
}

void phone_over(struct phone *phone)
{
    MAGIC_CHECK(phone, PHONE_MAGIC);
    phone->over++;
}

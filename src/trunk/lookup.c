/* lookup.c: a question's way through the thread that asks:
 *
 *   NAPTR ──> SRV of each service it names ──> addresses of each place ──> answer
 *     └─ none ──> SRV of udp, tcp, tls ─ none ──> addresses of the host itself
 *
 * A port in the URI leads to addresses at once, a transport to its SRV (RFC 3263 §4). */
#include "trunk/lookup.h"

#include <ares_nameser.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TTL_LEAST = 2, TTL_MOST = 3600, TTL_UNKNOWN = 60, PORT_SIP = 5060, PORT_TLS = 5061 };

static const char *const transports[] = {"udp", "tcp", "tls"};

const char *lookup_transport(const char *text, size_t length)
{
    for (size_t i = 0; i < 3; i++) {
        if (strlen(transports[i]) == length && strncasecmp(transports[i], text, length) == 0)
            return transports[i];
    }
    return NULL;
}

/* Answering. */

static void on_answered(void *arg)
{
    struct question *question = arg;

    question->done(&question->answer, question->arg);
    free(question);
}

static void answer(struct question *question)
{
    struct names_answer *out = &question->answer;
    struct names *names = question->names;

    if (!question->has_ttl)
        out->ttl = TTL_UNKNOWN;
    out->ttl = out->ttl < TTL_LEAST ? TTL_LEAST : out->ttl > TTL_MOST ? TTL_MOST : out->ttl;
    names->pending--;
    question->task = (struct loop_task){.run = on_answered, .arg = question};
    loop_post_task(names->control, &question->task);
}

static void take_ttl(struct question *question, unsigned ttl)
{
    if (!question->has_ttl || ttl < question->answer.ttl)
        question->answer.ttl = ttl;
    question->has_ttl = true;
}

static void say_why(struct question *question, const char *what, int status)
{
    snprintf(question->answer.why, sizeof question->answer.why, "%.20s of %.40s: %.30s", what,
             question->host, ares_strerror(status));
}

/* Addresses. */

static void ask_addresses(struct question *question);

static void add_address(struct question *question, const struct place *place,
                        const struct sockaddr *address)
{
    struct names_place *to = &question->answer.places[question->answer.count];
    const struct sockaddr_in6 *v6 = (const void *)address;
    const struct sockaddr_in *v4 = (const void *)address;
    bool six = address->sa_family == AF_INET6;
    char text[INET6_ADDRSTRLEN];

    if (question->answer.count == NAMES_PLACES ||
        !inet_ntop(address->sa_family, six ? (const void *)&v6->sin6_addr : &v4->sin_addr, text,
                   sizeof text))
        return;
    snprintf(to->hop, sizeof to->hop, six ? "sip:[%s]:%u;transport=%s" : "sip:%s:%u;transport=%s",
             text, place->port, place->transport);
    to->priority = place->priority;
    to->weight = place->weight;
    question->answer.count++;
}

static void on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
    struct question *question = arg;

    (void)timeouts;
    if (status != ARES_SUCCESS)
        say_why(question, "addresses", status);
    for (const struct ares_addrinfo_node *node = info ? info->nodes : NULL; node;
         node = node->ai_next) {
        take_ttl(question, node->ai_ttl > 0 ? (unsigned)node->ai_ttl : TTL_UNKNOWN);
        add_address(question, &question->places[question->place], node->ai_addr);
    }
    if (info)
        ares_freeaddrinfo(info);
    question->place++;
    ask_addresses(question);
}

static void ask_addresses(struct question *question)
{
    static const struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NOSORT,
                                                     .ai_family = AF_UNSPEC};

    if (question->place == question->place_count || question->names->ending)
        answer(question);
    else
        ares_getaddrinfo(question->names->channel, question->places[question->place].host, NULL,
                         &hints, on_addresses, question);
}

static void add_place(struct question *question, const struct place *place)
{
    if (question->place_count < NAMES_PLACES)
        question->places[question->place_count++] = *place;
}

/* The host itself. */
static void ask_host(struct question *question)
{
    struct place place = {.transport = question->transport ? question->transport : "udp",
                          .port = question->port};

    snprintf(place.host, sizeof place.host, "%s", question->host);
    if (!place.port)
        place.port = strcmp(place.transport, "tls") == 0 ? PORT_TLS : PORT_SIP;
    add_place(question, &place);
    ask_addresses(question);
}

/* SRV. */

static void ask_services(struct question *question);

static int by_priority(const void *a, const void *b)
{
    const struct place *one = a, *other = b;

    return one->priority < other->priority ? -1 : one->priority > other->priority;
}

/* c-ares gives no TTL of SRV records: it is read from the first answer's. */
static unsigned first_ttl(const unsigned char *bytes, int length)
{
    const unsigned char *at = bytes + 12, *end = bytes + length;

    for (int name = 0; name < 2; name++) {
        while (at < end && *at && (*at & 0xc0) != 0xc0)
            at += *at + 1;
        at += at < end && (*at & 0xc0) == 0xc0 ? 2 : 1;
        if (name == 0)
            at += 4; /* type and class of the question */
    }
    if (length < 12 || end - at < 8)
        return TTL_UNKNOWN;
    return (unsigned)at[4] << 24 | (unsigned)at[5] << 16 | (unsigned)at[6] << 8 | at[7];
}

static void on_service(void *arg, int status, int timeouts, unsigned char *bytes, int length)
{
    struct question *question = arg;
    const struct service *service = &question->services[question->service++];
    struct ares_srv_reply *list = NULL;
    unsigned first = question->place_count;

    (void)timeouts;
    if (status == ARES_SUCCESS && ares_parse_srv_reply(bytes, length, &list) == ARES_SUCCESS)
        take_ttl(question, first_ttl(bytes, length));
    else if (status != ARES_ENOTFOUND && status != ARES_ENODATA)
        say_why(question, "SRV", status);
    for (const struct ares_srv_reply *srv = list; srv; srv = srv->next) {
        struct place place = {.transport = service->transport,
                              .port = srv->port,
                              .priority = service->order << 16 | srv->priority,
                              .weight = srv->weight};

        if (!*srv->host || strcmp(srv->host, ".") == 0)
            continue; /* RFC 2782: decidedly not here */
        snprintf(place.host, sizeof place.host, "%s", srv->host);
        add_place(question, &place);
    }
    if (list)
        ares_free_data(list);
    qsort(&question->places[first], question->place_count - first, sizeof *question->places,
          by_priority);
    ask_services(question);
}

static void ask_services(struct question *question)
{
    if (question->names->ending) {
        answer(question);
    } else if (question->service < question->service_count) {
        ares_query(question->names->channel, question->services[question->service].name, ns_c_in,
                   ns_t_srv, on_service, question);
    } else if (question->place_count) {
        question->answer.by_srv = true;
        ask_addresses(question);
    } else {
        ask_host(question);
    }
}

static void add_service(struct question *question, const char *transport, unsigned order)
{
    struct service *service = &question->services[question->service_count];

    if (question->service_count == SERVICES)
        return;
    snprintf(service->name, sizeof service->name, "%s.%.200s",
             strcmp(transport, "udp") == 0   ? "_sip._udp"
             : strcmp(transport, "tcp") == 0 ? "_sip._tcp"
                                             : "_sips._tcp",
             question->host);
    service->transport = transport;
    service->order = order;
    question->service_count++;
}

/* NAPTR. */

static int by_order(const void *a, const void *b)
{
    const struct service *one = a, *other = b;

    return one->order < other->order ? -1 : one->order > other->order;
}

static void take_naptr(struct question *question, const struct ares_naptr_reply *naptr)
{
    static const char *const names[] = {"SIP+D2U", "SIP+D2T", "SIPS+D2T"};
    struct service *service = &question->services[question->service_count];

    if (question->service_count == SERVICES || strcasecmp((const char *)naptr->flags, "s") != 0)
        return;
    for (size_t i = 0; i < 3; i++) {
        if (strcasecmp((const char *)naptr->service, names[i]) != 0)
            continue;
        snprintf(service->name, sizeof service->name, "%s", naptr->replacement);
        service->transport = transports[i];
        service->order = (unsigned)naptr->order << 8 | (naptr->preference & 0xff);
        question->service_count++;
    }
}

static void on_naptr(void *arg, int status, int timeouts, unsigned char *bytes, int length)
{
    struct question *question = arg;
    struct ares_naptr_reply *list = NULL;

    (void)timeouts;
    if (status == ARES_SUCCESS && ares_parse_naptr_reply(bytes, length, &list) == ARES_SUCCESS) {
        take_ttl(question, first_ttl(bytes, length));
        for (const struct ares_naptr_reply *naptr = list; naptr; naptr = naptr->next)
            take_naptr(question, naptr);
        ares_free_data(list);
    }
    qsort(question->services, question->service_count, sizeof *question->services, by_order);
    for (unsigned i = 0; i < question->service_count; i++)
        question->services[i].order = i;
    for (unsigned i = 0; !question->service_count && i < 3; i++)
        add_service(question, transports[i], 0);
    for (unsigned i = 0; i < question->service_count; i++)
        question->services[i].order = i;
    ask_services(question);
}

void lookup_begin(void *arg)
{
    struct question *question = arg;

    question->names->pending++;
    if (question->names->ending) {
        answer(question);
    } else if (question->port) {
        ask_host(question);
    } else if (question->transport) {
        add_service(question, question->transport, 0);
        ask_services(question);
    } else {
        ares_query(question->names->channel, question->host, ns_c_in, ns_t_naptr, on_naptr,
                   question);
    }
}

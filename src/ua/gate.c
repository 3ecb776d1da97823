/* gate.c: see gate.h. */
#include "ua/gate.h"
#include "ua/private.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/addr.h"
#include "ua/nat.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_plugins.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct gate {                                       /* control thread */
    struct msg_hclass_s request, status, separator; /* the first one leads back to us */
    msg_mclass_t *class;
    struct gate_handlers handlers;
    const char *protocol; /* of a Via that came this way: "SIP/2.0/UDP" */
    const msg_t *asked;   /* the message whose source was approved last */
    const msg_t *crooked; /* the one whose request line was put straight last */
    struct gate_answer answer;
};

/* Of a message, among those that Sofia leaves to its users. */
enum { FLAG_ASKED = 1 << 11, FLAG_CHALLENGE = 1 << 12 };

/* Of a message: lines of headers, for the time that the parser takes grows with their square; and
 * what Content-Length may say [bytes], for Debian's Sofia adds to it in 32 bits, and then wants the
 * memory. */
enum { LINES = 256, LENGTH = 16 << 20 };

static const char version_withheld[] = "SIP/2.0 unfinished";

static struct gate *gate_of(msg_t *msg)
{
    const struct msg_hclass_s *request = msg_mclass(msg)->mc_request->hr_class;

    return (struct gate *)((char *)(uintptr_t)request - offsetof(struct gate, request));
}

static void source_of(msg_t *msg, struct sockaddr_storage *from)
{
    const su_addrinfo_t *info = msg_addrinfo(msg);
    size_t size = info->ai_addrlen < sizeof *from ? info->ai_addrlen : sizeof *from;

    memset(from, 0, sizeof *from);
    memcpy(from, info->ai_addr, size);
}

/* As far as it is here: the rest of a stream comes later. */
static bool has_too_many_lines(const char *text)
{
    for (unsigned i = 0; i < LINES; i++) {
        text = strchr(text, '\n');
        if (!text)
            return false;
        text++;
        if (*text == '\r' || *text == '\n')
            return false;
    }
    return true;
}

static const char *rest_of(const msg_header_t *header, const char *line, size_t size)
{
    return header->sh_data ? (const char *)header->sh_data + header->sh_len : line + size + 1;
}

/* The Call-ID in the raw text of headers; NULL: none. */
static const char *find_call_id(const char *text, size_t *size)
{
    for (; text; text = strchr(text, '\n')) {
        size_t name;

        text += *text == '\n';
        name = !strncasecmp(text, "Call-ID", 7) ? 7 : !strncasecmp(text, "i", 1) ? 1 : 0;
        if (!name)
            continue;
        text += name;
        text += strspn(text, " \t");
        if (*text != ':')
            continue;
        text += 1 + strspn(text + 1, " \t");
        *size = strcspn(text, " \t\r\n");
        return text;
    }
    return NULL;
}

/* Asks about a request that is, or claims to be, outside a dialog. */
static bool ask(struct gate *gate, msg_t *msg, const char *method, const char *call_id, size_t size)
{
    msg_pub_t *object = msg_object(msg);
    struct sockaddr_storage from;
    enum gate_pass pass;

    source_of(msg, &from);
    pass = gate->handlers.pass(&from, method, call_id ? call_id : "", size, gate->handlers.arg);
    if (pass == GATE_SHUT)
        return false;
    gate->asked = msg;
    object->msg_flags |= pass == GATE_CHALLENGE ? FLAG_ASKED | FLAG_CHALLENGE : FLAG_ASKED;
    return true;
}

/* `METHOD URI VERSION`: white space within the URI goes. True: there was some, which is a fault to
 * be answered with 400; Sofia would drop the message. */
static bool straighten(char *line)
{
    char *uri = line + strcspn(line, " \t"), *version, *end, *to;

    uri += strspn(uri, " \t");
    for (end = uri + strlen(uri); end > uri && strchr(" \t", end[-1]);)
        end--;
    for (version = end; version > uri && !strchr(" \t", version[-1]);)
        version--;
    for (end = version; end > uri && strchr(" \t", end[-1]);)
        end--;
    for (to = uri; uri < end; uri++)
        if (!strchr(" \t", *uri))
            *to++ = *uri;
    if (to == end)
        return false;
    memset(to, ' ', (size_t)(version - to));
    return true;
}

static issize_t parse_request(su_home_t *home, msg_header_t *header, char *line, isize_t size)
{
    msg_t *msg = (msg_t *)home;
    struct gate *gate = gate_of(msg);
    const char *rest = rest_of(header, line, size);
    sip_request_t *request = (sip_request_t *)header;
    struct sockaddr_storage from;
    const char *call_id;
    size_t length = 0;
    bool same;

    gate->crooked = straighten(line) ? msg : NULL;
    if (has_too_many_lines(rest) || sip_request_class->hc_parse(home, header, line, size) < 0)
        return -1;
    gate->asked = NULL;
    call_id = find_call_id(rest, &length);
    source_of(msg, &from);
    if ((!call_id || !gate->handlers.alive(call_id, length, &from, &same, gate->handlers.arg)) &&
        !ask(gate, msg, request->rq_method_name, call_id, length))
        return -1;
    header->sh_class = sip_request_class;
    /* until the blank line was seen: without one the stack answers 505, and no URI is used */
    if (!strcasecmp(request->rq_version, sip_version_2_0))
        request->rq_version = version_withheld;
    return 0;
}

static issize_t parse_status(su_home_t *home, msg_header_t *header, char *line, isize_t size)
{
    sip_status_t *status = (sip_status_t *)header;

    if (has_too_many_lines(rest_of(header, line, size)))
        return -1;
    if (sip_status_class->hc_parse(home, header, line, size) < 0)
        return -1;
    header->sh_class = sip_status_class;
    if (!strcasecmp(status->st_version, sip_version_2_0))
        status->st_version = version_withheld;
    return 0;
}

static bool is_uri(const url_t *url)
{
    return (url->url_type == url_sip || url->url_type == url_sips) && url->url_host &&
           url->url_host[0];
}

/* A registration names any number of Contacts, of which none is a target; a method that is not
 * known makes no dialog. */
static bool makes_no_target(const sip_t *sip)
{
    const sip_request_t *request = sip->sip_request;

    return request &&
           (request->rq_method == sip_method_register || request->rq_method == sip_method_unknown);
}

/* May these URIs become a dialog's route? */
static bool is_routable(const sip_t *sip)
{
    if (makes_no_target(sip))
        return true;
    if (sip->sip_contact && (sip->sip_contact->m_next || !is_uri(sip->sip_contact->m_url)))
        return false;
    for (const sip_record_route_t *at = sip->sip_record_route; at; at = at->r_next)
        if (!is_uri(at->r_url))
            return false;
    return true;
}

/* A request passed the line for its Call-ID; does it belong to that dialog? */
static bool belongs(struct gate *gate, msg_t *msg, const sip_t *sip)
{
    const char *call_id = sip->sip_call_id ? sip->sip_call_id->i_id : NULL;
    sip_method_t method = sip->sip_request->rq_method;
    struct sockaddr_storage from;
    bool same = false;

    source_of(msg, &from);
    if (call_id &&
        gate->handlers.alive(call_id, strlen(call_id), &from, &same, gate->handlers.arg) &&
        (same || method == sip_method_ack || method == sip_method_cancel ||
         (sip->sip_to && sip->sip_to->a_tag)))
        return true;
    return ask(gate, msg, sip->sip_request->rq_method_name, call_id, call_id ? strlen(call_id) : 0);
}

/* Answers go back the way a request came, whatever its Via says of the transport: who ends TLS
 * before us leaves TLS there. The stack goes by the Via, and drops what does not fit; and of
 * another version of SIP it does not look where the request came from. */
static void answer_as_it_came(const struct gate *gate, msg_t *msg, sip_t *sip)
{
    bool foreign = strcasecmp(sip->sip_request->rq_version, sip_version_2_0) != 0;
    sip_via_t *via = sip->sip_via;
    struct sockaddr_storage from;
    char source[ADDR_TEXT];

    if (via && !foreign && !strcasecmp(via->v_protocol, gate->protocol))
        return;
    if (via && !foreign) {
        via->v_protocol = gate->protocol;
        msg_fragment_clear(via->v_common);
        return;
    }
    source_of(msg, &from); /* a Via that cannot be read is 400 as well */
    addr_format(source, &from);
    if (via)
        msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)via);
    via = sip_via_format(msg_home(msg), "%s %s;rport", gate->protocol, source);
    if (via)
        msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)via);
}

/* RFC 2543 knew neither tags of callers nor, often, a Contact: requests go where From says. */
static void name_old_caller(msg_t *msg, sip_t *sip)
{
    const sip_from_t *from = sip->sip_from;

    if (sip->sip_request->rq_method != sip_method_invite || sip->sip_contact || !from ||
        from->a_tag || !is_uri(from->a_url))
        return;
    msg_header_insert(
        msg, (msg_pub_t *)sip,
        (msg_header_t *)sip_contact_create(msg_home(msg), (const url_string_t *)from->a_url, NULL));
}

static issize_t admit_request(struct gate *gate, msg_t *msg, sip_t *sip, issize_t taken)
{
    struct sockaddr_storage from;

    if (gate->asked != msg && !belongs(gate, msg, sip)) {
        sip->sip_request = NULL; /* garbage now, which is dropped unanswered */
        return -1;
    }
    if (sip->sip_request->rq_version == version_withheld)
        sip->sip_request->rq_version = sip_version_2_0;
    answer_as_it_came(gate, msg, sip);
    name_old_caller(msg, sip);
    source_of(msg, &from);
    if (!gate->handlers.believe_contacts)
        nat_mend_request(msg, sip, &from);
    if (gate->crooked == msg)
        return -1; /* 400 */
    if (sip->sip_request->rq_method == sip_method_register) {
        extension_hide(sip);
        return taken; /* its Contacts are no dialog's */
    }
    if (!is_routable(sip) ||
        (sip->sip_request->rq_method == sip_method_invite && !sip->sip_contact)) {
        log_debug("ua", "request with a bad Contact or Record-Route");
        return -1; /* 400 */
    }
    if (sip->sip_request->rq_method == sip_method_refer && (!sip->sip_to || !sip->sip_to->a_tag))
        return -1; /* who calls whom is not for strangers to say; Sofia would even notify them */
    extension_hide(sip);
    return taken;
}

/* Only Digest is answered, and a realm is needed for it; of other challenges Sofia would wait for
 * somebody to answer them, with all later requests behind. */
static void keep_digest(sip_www_authenticate_t **list)
{
    sip_www_authenticate_t **to = list;

    for (sip_www_authenticate_t *at = *list; at; at = at->au_next)
        if (at->au_scheme && !strcasecmp(at->au_scheme, "Digest") &&
            msg_header_find_param(at->au_common, "realm=")) {
            *to = at;
            to = &at->au_next;
        }
    *to = NULL;
}

/* The Contacts of a registrar, or of a redirection, are no dialog's. */
static bool is_bindings(const sip_t *sip)
{
    return (sip->sip_cseq && sip->sip_cseq->cs_method == sip_method_register) ||
           sip->sip_status->st_status / 100 == 3;
}

static void admit_response(struct gate *gate, msg_t *msg, sip_t *sip)
{
    const char *call_id = sip->sip_call_id ? sip->sip_call_id->i_id : NULL;
    struct sockaddr_storage from;

    if (sip->sip_status->st_version == version_withheld)
        sip->sip_status->st_version = sip_version_2_0;
    if (!is_bindings(sip) && !is_routable(sip)) {
        sip->sip_contact = NULL; /* later requests go where the first one went */
        sip->sip_record_route = NULL;
    }
    source_of(msg, &from);
    if (!gate->handlers.believe_contacts && !is_bindings(sip))
        nat_mend_response(msg, sip, &from);
    keep_digest(&sip->sip_www_authenticate);
    keep_digest(&sip->sip_proxy_authenticate);
    gate->answer.from = from;
    gate->answer.cseq = sip->sip_cseq ? sip->sip_cseq->cs_seq : 0;
    gate->answer.is_invite = sip->sip_cseq && sip->sip_cseq->cs_method == sip_method_invite;
    gate->answer.number++;
    extension_hide(sip);
    if (call_id && gate->handlers.established(call_id, strlen(call_id), gate->handlers.arg))
        extension_mask(msg_home(msg), sip);
}

static issize_t parse_separator(su_home_t *home, msg_header_t *header, char *line, isize_t size)
{
    msg_t *msg = (msg_t *)home;
    sip_t *sip = sip_object(msg);
    issize_t taken = sip_separator_class->hc_parse(home, header, line, size);

    header->sh_class = sip_separator_class;
    if (taken < 0 || !sip)
        return taken;
    if (sip->sip_content_length && sip->sip_content_length->l_length > LENGTH)
        sip->sip_content_length->l_length = LENGTH; /* too much as well: 413 */
    if (sip->sip_request)
        return admit_request(gate_of(msg), msg, sip, taken);
    if (sip->sip_status)
        admit_response(gate_of(msg), msg, sip);
    return taken;
}

/* Sofia has a small STUN server on each SIP socket, for anyone who asks; ours is mute. */
static tport_stun_server_t *stun_create(su_root_t *root, tagi_t const *tags)
{
    static int nobody;

    (void)root;
    (void)tags;
    return (tport_stun_server_t *)&nobody;
}

static void stun_destroy(tport_stun_server_t *server)
{
    (void)server;
}

static int stun_socket(tport_stun_server_t *server, su_socket_t s)
{
    (void)server;
    (void)s;
    return 0;
}

static void stun_request(tport_stun_server_t *server, su_socket_t s, void *request, ssize_t size,
                         void *from, socklen_t from_size)
{
    (void)server;
    (void)s;
    (void)request;
    (void)size;
    (void)from;
    (void)from_size;
}

static const tport_stun_server_vtable_t mute = {
    .vst_size = sizeof mute + 1, /* Sofia takes only what is larger than it knows */
    .vst_create = stun_create,
    .vst_destroy = stun_destroy,
    .vst_add_socket = stun_socket,
    .vst_remove_socket = stun_socket,
    .vst_request = stun_request,
};

static void destroy(void *obj)
{
    struct gate *gate = obj;

    free(gate->class);
}

static const char *protocol_of(const char *transport)
{
    return !strcmp(transport, "udp")   ? sip_transport_udp
           : !strcmp(transport, "tcp") ? sip_transport_tcp
                                       : sip_transport_tls;
}

int gate_alloc(struct gate **gatep, const char *transport, const struct gate_handlers *handlers)
{
    static bool muted;
    struct gate *gate = mem_alloc(sizeof *gate, destroy);

    if (!gate)
        return ENOMEM;
    if (!muted)
        muted = tport_plug_in_stun_server(&mute) >= 0;
    gate->class = msg_mclass_clone(sip_default_mclass(), 0, 0);
    if (!gate->class) {
        mem_unref(gate);
        return ENOMEM;
    }
    gate->handlers = *handlers;
    gate->protocol = protocol_of(transport);
    gate->request = *sip_request_class;
    gate->request.hc_parse = parse_request;
    gate->status = *sip_status_class;
    gate->status.hc_parse = parse_status;
    gate->separator = *sip_separator_class;
    gate->separator.hc_parse = parse_separator;
    gate->class->mc_request->hr_class = &gate->request;
    gate->class->mc_status->hr_class = &gate->status;
    gate->class->mc_separator->hr_class = &gate->separator;
    *gatep = gate;
    return 0;
}

void *gate_class(struct gate *gate)
{
    return gate->class;
}

const struct gate_answer *gate_last_answer(const struct gate *gate)
{
    return &gate->answer;
}

bool gate_asked(const struct sip_s *sip)
{
    return sip->sip_flags & FLAG_ASKED;
}

bool gate_challenges(const struct sip_s *sip)
{
    return sip->sip_flags & FLAG_CHALLENGE;
}

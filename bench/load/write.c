/* write.c: the messages of a call, written out afresh each time they are sent: they
 * depend on the call alone, so a retransmission is the same, byte for byte. */
#include "bench/load/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { MESSAGE_MAX = 4000, BODY_MAX = 300 };

struct draft {
    char text[MESSAGE_MAX];
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void add(struct draft *draft, const char *format, ...)
{
    size_t room = sizeof draft->text - draft->size;
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(draft->text + draft->size, room, format, arguments);
    va_end(arguments);
    if (size > 0)
        draft->size += (size_t)size < room ? (size_t)size : room - 1;
}

static void transmit(const struct caller *caller, const struct draft *draft)
{
    /* What cannot be sent is lost on the way; retransmission is the remedy. */
    (void)!sendto(caller->watcher.fd, draft->text, draft->size, 0,
                  (const struct sockaddr *)&caller->server, sizeof caller->server);
}

static void add_from(struct draft *draft, const struct call *call)
{
    unsigned number = call_number(call);

    add(draft, "From: <sip:1666%07u@%s>;tag=%08x%u\r\n", number, call->caller->local_ip,
        call->caller->key, number);
}

static void add_contact(struct draft *draft, const struct caller *caller)
{
    add(draft, "Contact: <sip:load@%s:%u>\r\n", caller->local_ip, caller->local_port);
}

/* Start line and the headers all requests have. `turn` names the transaction. */
static void begin(struct draft *draft, const struct call *call, const char *method,
                  const char *target, unsigned sequence, char turn)
{
    const struct caller *caller = call->caller;
    unsigned number = call_number(call);

    draft->size = 0;
    add(draft, "%s %s SIP/2.0\r\n", method, target);
    add(draft, "Via: SIP/2.0/UDP %s:%u;branch=z9hG4bK%08x%c%u;rport\r\n", caller->local_ip,
        caller->local_port, caller->key, turn, number);
    add(draft, "Max-Forwards: 70\r\n");
    add_from(draft, call);
    add(draft, "Call-ID: %u-%08x@%s\r\n", number, caller->key, caller->local_ip);
    add(draft, "CSeq: %u %s\r\n", sequence, method);
}

static void add_body(struct draft *draft, const struct call *call)
{
    const char *ip = call->caller->local_ip;
    int type = call->opus ? CALL_OPUS : 0;
    char body[BODY_MAX];

    snprintf(body, sizeof body,
             "v=0\r\no=- %u 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
             "m=audio %u RTP/AVP %d 101\r\na=rtpmap:%d %s\r\n"
             "a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n",
             call_number(call), ip, ip, call->rtp_port, type, type,
             call->opus ? "opus/48000/2" : "PCMU/8000");
    add(draft, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
        body);
}

static void add_to(struct draft *draft, const struct call *call)
{
    add(draft, "To: <sip:%s@%s>", call->to, call->caller->server_text);
    if (*call->to_tag)
        add(draft, ";tag=%s", call->to_tag);
    add(draft, "\r\n");
}

static void called_uri(char out[160], const struct call *call)
{
    snprintf(out, 160, "sip:%s@%s", call->to, call->caller->server_text);
}

void send_invite(const struct call *call)
{
    struct draft draft;
    char uri[160];

    called_uri(uri, call);
    begin(&draft, call, "INVITE", uri, 1, 'i');
    add(&draft, "To: <%s>\r\n", uri);
    add_contact(&draft, call->caller);
    add(&draft, "User-Agent: offhook-load\r\n");
    add_body(&draft, call);
    transmit(call->caller, &draft);
}

void send_ack(const struct call *call, const struct message *refusal)
{
    struct draft draft;
    char uri[160];

    called_uri(uri, call);
    if (refusal) {
        struct text to = message_header(refusal, "To", "t", 0);

        begin(&draft, call, "ACK", uri, 1, 'i');
        add(&draft, "To: %.*s\r\n", (int)to.size, to.at);
    } else {
        begin(&draft, call, "ACK", *call->target ? call->target : uri, 1, 'a');
        add_to(&draft, call);
    }
    add(&draft, "Content-Length: 0\r\n\r\n");
    transmit(call->caller, &draft);
}

void send_bye(const struct call *call)
{
    struct draft draft;
    char uri[160];

    called_uri(uri, call);
    begin(&draft, call, "BYE", *call->target ? call->target : uri, 2, 'b');
    add_to(&draft, call);
    add(&draft, "Content-Length: 0\r\n\r\n");
    transmit(call->caller, &draft);
}

static void copy(struct draft *draft, const struct message *request, const char *name,
                 const char *compact)
{
    struct text value;

    for (unsigned i = 0; (value = message_header(request, name, compact, i)).size; i++)
        add(draft, "%s: %.*s\r\n", name, (int)value.size, value.at);
}

void send_reply(const struct caller *caller, const struct call *call, const struct message *request,
                int status, const char *reason)
{
    struct draft draft = {.size = 0};
    bool offered = request->body.size > 0 && text_is(request->method, "INVITE");

    add(&draft, "SIP/2.0 %d %s\r\n", status, reason);
    copy(&draft, request, "Via", "v");
    copy(&draft, request, "From", "f");
    copy(&draft, request, "To", "t");
    copy(&draft, request, "Call-ID", "i");
    copy(&draft, request, "CSeq", NULL);
    if (call && offered) {
        add_contact(&draft, caller);
        add_body(&draft, call);
    } else {
        add(&draft, "Content-Length: 0\r\n\r\n");
    }
    transmit(caller, &draft);
}

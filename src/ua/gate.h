/* gate.h: what meets every message before Sofia answers anything: is its source one
 * of ours, and can its URIs be dialled back? Private to ua/.
 *
 * It is a message class of Sofia's parser with two hooks: at the request line, where a
 * stranger's message is cut short so that the stack drops it without a word, and at the
 * blank line after the headers, where a Contact or Record-Route that is no SIP URI makes
 * the stack answer 400, and vanishes from a response. Such a URI must not become a
 * dialog's target: Debian's Sofia overflows its stack when it has to send a BYE there.
 * There, too, what the stack should not see is taken from it (extension.c), and what RFC 4475 wants
 * answered and the stack would drop is repaired. */
#ifndef OFFHOOK_UA_GATE_H
#define OFFHOOK_UA_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct gate;
struct sip_s; /* Sofia's */

/* GATE_CHALLENGE: only with a password, see challenge.c */
enum gate_pass { GATE_SHUT, GATE_OPEN, GATE_CHALLENGE };

struct gate_handlers {
    /* Is a dialog with this Call-ID alive? `from`: an incoming one from that address. */
    bool (*alive)(const char *call_id, size_t size, const struct sockaddr_storage *from,
                  bool *same_caller, void *arg);
    /* May this request, outside a dialog, pass? */
    enum gate_pass (*pass)(const struct sockaddr_storage *from, const char *method,
                           const char *call_id, size_t size, void *arg);
    /* Is that dialog up, so that what refuses a request in it ends nothing else? */
    bool (*established)(const char *call_id, size_t size, void *arg);
    void *arg;
    bool believe_contacts; /* as ua_conf has it */
};

/* For one that listens by "udp", "tcp" or "tls". Release with mem_unref(), after the NUA that uses
 * its class. */
int gate_alloc(struct gate **gate, const char *transport, const struct gate_handlers *handlers);

/* The msg_mclass_t for NTATAG_MCLASS(). */
void *gate_class(struct gate *gate);

/* Was `pass` asked about this request, and was GATE_CHALLENGE the answer? */
bool gate_asked(const struct sip_s *sip);
bool gate_challenges(const struct sip_s *sip);

/* The last response, which is the one being dealt with. */
struct gate_answer {
    unsigned long number; /* how many came, with this one */
    struct sockaddr_storage from;
    uint32_t cseq; /* of the request that it is for */
    bool is_invite;
};
const struct gate_answer *gate_last_answer(const struct gate *gate);

#endif

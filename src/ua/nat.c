/* nat.c: see nat.h. */
#include "ua/nat.h"
#include "net/addr.h"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_string.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_private_v4(uint32_t host)
{
    return host >> 24 == 10 || host >> 20 == 0xac1 || host >> 16 == 0xc0a8 ||
           host >> 16 == 0xa9fe || host >> 22 == 0x64400000u >> 22;
}

bool nat_is_private(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;

    if (address->ss_family == AF_INET)
        return is_private_v4(ntohl(v4->sin_addr.s_addr));
    return address->ss_family == AF_INET6 &&
           ((v6->sin6_addr.s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr));
}

/* A literal private address that is not where the message came from. */
static bool is_hidden(const char *host, const struct sockaddr_storage *from)
{
    struct sockaddr_storage told;

    return host && !addr_parse(&told, host, 0) && nat_is_private(&told) &&
           !addr_same_host(&told, from);
}

static void mend_contact(msg_t *msg, sip_t *sip, const struct sockaddr_storage *from)
{
    sip_contact_t *contact = sip->sip_contact;
    char text[ADDR_TEXT], port[8];
    char *host;

    if (!contact || contact->m_next || sip->sip_record_route ||
        !is_hidden(contact->m_url->url_host, from))
        return;
    addr_format(text, from);
    *strrchr(text, ':') = '\0'; /* IPv6 stays in brackets */
    snprintf(port, sizeof port, "%u", addr_port(from));
    host = su_strdup(msg_home(msg), text);
    if (!host)
        return;
    contact->m_url->url_port = su_strdup(msg_home(msg), port);
    contact->m_url->url_host = host;
    msg_fragment_clear(contact->m_common);
}

void nat_mend_request(msg_t *msg, sip_t *sip, const struct sockaddr_storage *from)
{
    sip_via_t *via = sip->sip_via;

    if (!via || via->v_next || !is_hidden(via->v_host, from))
        return;
    if (!via->v_rport)
        sip_via_add_param(msg_home(msg), via, "rport");
    if (sip->sip_request->rq_method != sip_method_register)
        mend_contact(msg, sip, from);
}

void nat_mend_response(msg_t *msg, sip_t *sip, const struct sockaddr_storage *from)
{
    if (!nat_is_private(from))
        mend_contact(msg, sip, from);
}

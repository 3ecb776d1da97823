/* family.c: IPv4 or IPv6, as an offer has it: we answer in the same (RFC 6157). */
#include "offer/read.h"

#include <string.h>

int offer_family(const char *offer)
{
    struct description description;
    const sdp_connection_t *at = NULL;
    char reason[OFFER_REASON];
    int family;

    if (description_read(&description, offer, reason))
        return AF_UNSPEC;
    for (const sdp_media_t *m = description.session->sdp_media; m && !at; m = m->m_next)
        if (m->m_type == sdp_media_audio && m->m_port)
            at = m->m_connections ? m->m_connections : description.session->sdp_connection;
    family = !at || !at->c_address ? AF_UNSPEC : strchr(at->c_address, ':') ? AF_INET6 : AF_INET;
    description_close(&description);
    return family;
}

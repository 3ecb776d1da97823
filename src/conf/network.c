/* network.c: networks in CIDR form, and which addresses lie in them. */
#include "conf/conf.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of an address, IPv4-mapped IPv6 as IPv4. Their count; 0: no such family. */
static unsigned bytes_of(const struct sockaddr_storage *address, const unsigned char **bytes)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;

    if (address->ss_family == AF_INET) {
        *bytes = (const unsigned char *)&v4->sin_addr;
        return 4;
    }
    if (address->ss_family != AF_INET6)
        return 0;
    *bytes = v6->sin6_addr.s6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        return 16;
    *bytes += 12;
    return 4;
}

static bool parse_address(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (void *)address;
    struct sockaddr_in6 *v6 = (void *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        v4->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
        v6->sin6_family = AF_INET6;
    else
        return false;
    return true;
}

bool conf_network_parse(const char *text, struct conf_network *network)
{
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    char address[INET6_ADDRSTRLEN], *end;
    unsigned most;
    unsigned long bits;

    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (!parse_address(address, &network->address))
        return false;
    most = network->address.ss_family == AF_INET ? 32 : 128;
    network->bits = most;
    if (!slash)
        return true;
    if (slash[1] < '0' || slash[1] > '9')
        return false;
    bits = strtoul(slash + 1, &end, 10);
    network->bits = (unsigned)bits;
    return *end == '\0' && bits <= most;
}

static bool network_has(const struct conf_network *network, const unsigned char *bytes,
                        unsigned size)
{
    const unsigned char *start = NULL;
    unsigned own = bytes_of(&network->address, &start), bits = network->bits;

    if (network->address.ss_family == AF_INET6 && own == 4) /* ::ffff:10.0.0.0/104 */
        bits = bits > 96 ? bits - 96 : 0;
    if (own != size)
        return false;
    if (memcmp(start, bytes, bits / 8) != 0)
        return false;
    return bits % 8 == 0 || (start[bits / 8] ^ bytes[bits / 8]) >> (8 - bits % 8) == 0;
}

const struct conf_trunk *conf_trunk_from(const struct conf *conf,
                                         const struct sockaddr_storage *address)
{
    const struct conf_trunk *found = NULL;
    const unsigned char *bytes = NULL;
    unsigned size = bytes_of(address, &bytes), best = 0;

    for (size_t i = 0; size && i < conf->trunk_count; i++) {
        const struct conf_trunk *trunk = &conf->trunks[i];

        for (size_t k = 0; k < trunk->allow_count; k++)
            if (network_has(&trunk->allow[k], bytes, size) && trunk->allow[k].bits + 1 > best) {
                best = trunk->allow[k].bits + 1;
                found = trunk;
            }
    }
    return found;
}

bool conf_network_has(const struct conf_network *networks, size_t count,
                      const struct sockaddr_storage *address)
{
    const unsigned char *bytes = NULL;
    unsigned size = bytes_of(address, &bytes);

    for (size_t i = 0; size && i < count; i++) {
        if (network_has(&networks[i], bytes, size))
            return true;
    }
    return false;
}

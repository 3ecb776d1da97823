/* fetch_guard.c: the special-purpose address registries of RFC 6890 as a table. */
#include "http/fetch_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct net4 {
    uint32_t address;
    unsigned bits;
};

struct net6 {
    uint8_t address[16];
    unsigned bits;
};

static const struct net4 inner4[] = {
    {0x00000000, 8},  /* 0.0.0.0/8: this network */
    {0x0a000000, 8},  /* 10.0.0.0/8 */
    {0x64400000, 10}, /* 100.64.0.0/10: shared by a carrier's customers */
    {0x7f000000, 8},  /* 127.0.0.0/8 */
    {0xa9fe0000, 16}, /* 169.254.0.0/16: link-local, cloud metadata */
    {0xac100000, 12}, /* 172.16.0.0/12 */
    {0xc0000000, 24}, /* 192.0.0.0/24 */
    {0xc0000200, 24}, /* 192.0.2.0/24: documentation */
    {0xc0586300, 24}, /* 192.88.99.0/24: 6to4 relays */
    {0xc0a80000, 16}, /* 192.168.0.0/16 */
    {0xc6120000, 15}, /* 198.18.0.0/15: benchmarks */
    {0xc6336400, 24}, /* 198.51.100.0/24: documentation */
    {0xcb007100, 24}, /* 203.0.113.0/24: documentation */
    {0xe0000000, 3},  /* 224.0.0.0/3: multicast, reserved, broadcast */
};

static const struct net6 inner6[] = {
    {{0x01}, 8},                          /* 100::/8: discard and unassigned */
    {{0xfc}, 7},                          /* fc00::/7: unique-local */
    {{0xfe, 0x80}, 10},                   /* fe80::/10: link-local */
    {{0xfe, 0xc0}, 10},                   /* fec0::/10: site-local */
    {{0xff}, 8},                          /* ff00::/8: multicast */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},       /* 2001:db8::/32: documentation */
    {{0x20, 0x01, 0x00, 0x10}, 28},       /* 2001:10::/28: ORCHID */
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48}, /* 64:ff9b:1::/48: local NAT64 */
    {{0x20, 0x01, 0x00, 0x00}, 32},       /* 2001::/32: Teredo, two addresses within */
};

/* Prefixes behind which an IPv4 address stands. */
static const struct {
    struct net6 net;
    unsigned at;
} wrapped4[] = {
    {{{0}, 96}, 12},                                        /* ::, ::1, ::a.b.c.d */
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, 12}, /* ::ffff:a.b.c.d */
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, 12},       /* ::ffff:0:a.b.c.d */
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12},                   /* 64:ff9b::a.b.c.d */
    {{{0x20, 0x02}, 16}, 2},                                /* 2002:a.b:c.d:: */
};

static bool is_inner4(uint32_t address)
{
    for (size_t i = 0; i < sizeof inner4 / sizeof *inner4; i++)
        if ((address ^ inner4[i].address) >> (32 - inner4[i].bits) == 0)
            return true;
    return false;
}

static bool within6(const uint8_t address[16], const struct net6 *net)
{
    unsigned bytes = net->bits / 8, bits = net->bits % 8;

    return !memcmp(address, net->address, bytes) &&
           (!bits || (address[bytes] ^ net->address[bytes]) >> (8 - bits) == 0);
}

static bool is_inner6(const uint8_t address[16])
{
    for (size_t i = 0; i < sizeof wrapped4 / sizeof *wrapped4; i++) {
        const uint8_t *at = address + wrapped4[i].at;

        if (within6(address, &wrapped4[i].net))
            return is_inner4((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
                             at[3]);
    }
    for (size_t i = 0; i < sizeof inner6 / sizeof *inner6; i++)
        if (within6(address, &inner6[i]))
            return true;
    return false;
}

bool fetch_guard_is_inner(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

    switch (address->ss_family) {
    case AF_INET:
        return is_inner4(ntohl(four->sin_addr.s_addr));
    case AF_INET6:
        return is_inner6(six->sin6_addr.s6_addr);
    default:
        return true;
    }
}

bool fetch_guard_parse(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    char bare[INET6_ADDRSTRLEN];

    memset(address, 0, sizeof *address);
    if (!text ||
        (size_t)snprintf(bare, sizeof bare, "%.*s", (int)strcspn(text, "%"), text) >= sizeof bare)
        return false;
    if (inet_pton(AF_INET, bare, &four->sin_addr) == 1)
        address->ss_family = AF_INET;
    else if (inet_pton(AF_INET6, bare, &six->sin6_addr) == 1)
        address->ss_family = AF_INET6;
    return address->ss_family != AF_UNSPEC;
}

void fetch_guard_unmap(struct sockaddr_storage *address)
{
    struct sockaddr_in6 six;
    struct sockaddr_in *four = (struct sockaddr_in *)address;

    if (address->ss_family != AF_INET6)
        return;
    memcpy(&six, address, sizeof six);
    if (!IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
        return;
    memset(address, 0, sizeof *address);
    four->sin_family = AF_INET;
    four->sin_port = six.sin6_port;
    memcpy(&four->sin_addr, six.sin6_addr.s6_addr + 12, 4);
}

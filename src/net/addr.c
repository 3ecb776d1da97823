/* addr.c: the two families looked at side by side, without sockaddr casts elsewhere. */
#include "net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct sockaddr_in *v4(const struct sockaddr_storage *addr)
{
    return (const struct sockaddr_in *)(const void *)addr;
}

static const struct sockaddr_in6 *v6(const struct sockaddr_storage *addr)
{
    return (const struct sockaddr_in6 *)(const void *)addr;
}

socklen_t addr_size(const struct sockaddr_storage *addr)
{
    return addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

uint16_t addr_port(const struct sockaddr_storage *addr)
{
    switch (addr->ss_family) {
    case AF_INET:
        return ntohs(v4(addr)->sin_port);
    case AF_INET6:
        return ntohs(v6(addr)->sin6_port);
    default:
        return 0;
    }
}

bool addr_is_set(const struct sockaddr_storage *addr)
{
    return addr_port(addr) != 0;
}

void addr_set_port(struct sockaddr_storage *addr, uint16_t port)
{
    if (addr->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)addr)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)(void *)addr)->sin_port = htons(port);
}

bool addr_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return v4(a)->sin_addr.s_addr == v4(b)->sin_addr.s_addr;
    return a->ss_family == AF_INET6 &&
           !memcmp(&v6(a)->sin6_addr, &v6(b)->sin6_addr, sizeof v6(a)->sin6_addr);
}

bool addr_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    return addr_same_host(a, b) && addr_port(a) == addr_port(b);
}

static bool unbracket(char out[INET6_ADDRSTRLEN], const char *host)
{
    size_t length = strlen(host);

    if (length < 3 || host[0] != '[' || host[length - 1] != ']' || length - 2 >= INET6_ADDRSTRLEN)
        return false;
    memcpy(out, host + 1, length - 2);
    out[length - 2] = '\0';
    return true;
}

int addr_parse(struct sockaddr_storage *addr, const char *host, uint16_t port)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    char bare[INET6_ADDRSTRLEN];

    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, host, &in4.sin_addr) == 1) {
        memcpy(addr, &in4, sizeof in4);
        return 0;
    }
    if (inet_pton(AF_INET6, unbracket(bare, host) ? bare : host, &in6.sin6_addr) != 1)
        return EINVAL;
    memcpy(addr, &in6, sizeof in6);
    return 0;
}

void addr_format(char out[ADDR_TEXT], const struct sockaddr_storage *addr)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (addr->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4(addr)->sin_addr, host, sizeof host);
        snprintf(out, ADDR_TEXT, "%s:%u", host, addr_port(addr));
    } else if (addr->ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &v6(addr)->sin6_addr, host, sizeof host);
        snprintf(out, ADDR_TEXT, "[%s]:%u", host, addr_port(addr));
    } else {
        snprintf(out, ADDR_TEXT, "?");
    }
}

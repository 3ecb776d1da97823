/* identity.c: who a caller is said to be, by headers that only who is trusted may be believed:
 * P-Asserted-Identity, P-Preferred-Identity (RFC 3325), Remote-Party-ID, Diversion (RFC 5806),
 * Privacy (RFC 3323). Of each its first URI's user, decoded. */
#include "ua/private.h"
#include "base/mem.h"

#include <sofia-sip/url.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { USER = 128 };

static void make_plain(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
            *text = '?';
}

/* Copies the user of the first sip:, sips: or tel: URI of a header's value; "" when there is none.
 * A quoted display name is passed over: it may hold anything. */
static void copy_user(const char *value, char out[USER])
{
    const char *at = value, *end;
    char text[USER];
    size_t length;
    bool is_tel;

    out[0] = '\0';
    at += strspn(at, " \t");
    if (*at == '"') {
        for (at++; *at && *at != '"'; at++)
            if (*at == '\\' && at[1])
                at++;
    }
    end = strchr(at, '<');
    at = end ? end + 1 : at;
    is_tel = strncasecmp(at, "tel:", 4) == 0;
    if (!is_tel && strncasecmp(at, "sip:", 4) != 0 && strncasecmp(at, "sips:", 5) != 0)
        return;
    at = strchr(at, ':') + 1;
    length = strcspn(at, is_tel ? ";>,?" : "@;>,?");
    if ((!is_tel && at[length] != '@') || length >= sizeof text)
        return;
    memcpy(text, at, length);
    text[length] = '\0';
    text[strcspn(text, ":")] = '\0'; /* a password */
    url_unescape(out, text);
    make_plain(out);
}

static const char *value_of(const sip_t *sip, const char *name)
{
    for (const sip_unknown_t *un = sip->sip_unknown; un; un = un->un_next)
        if (un->un_name && un->un_value && !strcasecmp(un->un_name, name))
            return un->un_value;
    return "";
}

static bool wants_privacy(const sip_t *sip)
{
    for (size_t i = 0;
         sip->sip_privacy && sip->sip_privacy->priv_values && sip->sip_privacy->priv_values[i]; i++)
        if (strcasecmp(sip->sip_privacy->priv_values[i], "none") != 0)
            return true;
    return strcasestr(value_of(sip, "Remote-Party-ID"), "privacy=full") != NULL;
}

int identity_keep(struct dialog *dialog, const sip_t *sip)
{
    static const char *const names[] = {"P-Asserted-Identity", "P-Preferred-Identity",
                                        "Remote-Party-ID", "Diversion"};
    struct dialog_invite *invite = &dialog->invite;
    const url_t *to = sip->sip_to->a_url;
    const char **fields[] = {&invite->asserted, &invite->preferred, &invite->remote_party,
                             &invite->diverted};
    char *block = mem_alloc(5 * USER, NULL);

    if (!block)
        return ENOMEM;
    for (size_t i = 0; i < 4; i++) {
        copy_user(value_of(sip, names[i]), block + i * USER);
        *fields[i] = block + i * USER;
    }
    if (to->url_user && strlen(to->url_user) < USER)
        url_unescape(block + 4 * USER, to->url_user);
    make_plain(block + 4 * USER);
    invite->to_header = block + 4 * USER;
    invite->wants_privacy = wants_privacy(sip);
    mem_unref(dialog->identity);
    dialog->identity = block;
    return 0;
}

/* tables.c: what is served is what is listed here. */
#include "api/private.h"

const struct api_route *const api_tables[] = {
    routes_conversations, routes_users,         routes_members, routes_events,
    routes_log,           routes_legs,          routes_calls,   routes_media,
    routes_knocking,      routes_applications,  routes_dead,    routes_numbers,
    routes_trunks,        routes_registrations, routes_service, NULL,
};

void api_route_each(bool (*each)(const struct api_route *route, void *arg), void *arg)
{
    for (const struct api_route *const *table = api_tables; *table; table++)
        for (const struct api_route *route = *table; route->method; route++)
            if (each(route, arg))
                return;
}

// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab17 {

inline constexpr lab::Claim kClaims[] = {
    {"17.1", "REST has a URL for each resource, so one screen may need several of them."},
    {"17.2",
     "A whole REST resource has fields that the screen does not use, unless the API lets "
     "the client choose the fields."},
    {"17.3",
     "REST may need a request for each item of a list, unless the API can include what "
     "belongs to the items."},
    {"17.4", "GraphQL has one endpoint, and every query goes to it."},
    {"17.5",
     "A GraphQL response has exactly the fields of its query, and a nullable field that "
     "fails is null while the rest still arrives."},
    {"17.6", "A nested GraphQL query gets in one request what REST gets in several."},
    {"17.7",
     "Clients with different needs send different GraphQL queries to the same server."},
    {"17.8",
     "GraphQL saves network round trips but no database queries: the server must batch "
     "those, and must limit what a query may cost."},
};

}  // namespace lab17

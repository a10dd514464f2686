#include "graphql_rest.hpp"

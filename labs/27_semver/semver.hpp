// semver.hpp: semantic versions, and the ranges in which they are asked for.
//
//   Version   1.10.0-rc.1+build   parse(), str(), and an order
//   Range     ^1.2.3 || >=3       parse(), allows(version), str()
//
// Both stand in common/include/lab/semver, because labs 09 and 27 share them: read
// version.hpp, then range.hpp there, and common/src/semver/range.cpp for how ^ and ~ become
// bounds.
//
// Errors    A text that is no version, or no range, is an answer (nullopt).
// Cost      Linear in the text. A range that has been parsed is a few comparisons.
// Source    semver.org 2.0.0; npm's package `semver`, strict (node.mjs).
// Left out  What the cards of the two headers say.
#pragma once

#include "lab/semver/range.hpp"
#include "lab/semver/version.hpp"

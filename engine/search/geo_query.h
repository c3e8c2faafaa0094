// Queries on the map: within a distance, a box, or a polygon. Documents with several points match where one does.
//
// Points are compared as they are kept, on Lucene's grid (engine/mapping/geo.h). Thread-safe.
// Errors, at Bind: kInvalidArgument where the field is no geo_point, or is not there and `ignore_unmapped` is false.
#ifndef BINSEEK_ENGINE_SEARCH_GEO_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_GEO_QUERY_H_

#include <string>
#include <vector>

#include "engine/mapping/geo.h"
#include "engine/search/query.h"

namespace binseek::search {

struct GeoDistanceOptions {
  std::string field{};
  mapping::GeoPoint center{};
  double meters = 0;
  bool plane = false;
  bool ignore_unmapped = false;
  float boost = 1;
};
QueryPtr MakeGeoDistance(GeoDistanceOptions options);

struct GeoBoxOptions {
  std::string field{};
  // From west to east, over the date line where west > east.
  mapping::GeoBox box{};
  bool ignore_unmapped = false;
  float boost = 1;
};
QueryPtr MakeGeoBoundingBox(GeoBoxOptions options);

struct GeoPolygonOptions {
  std::string field{};
  std::vector<mapping::GeoPoint> points{};  // at least three
  bool ignore_unmapped = false;
  float boost = 1;
};
QueryPtr MakeGeoPolygon(GeoPolygonOptions options);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_GEO_QUERY_H_

// Points on Earth: reading them as Elasticsearch does, keeping them in one column, and distances.
//
// A column value has the latitude in 32 bits and the longitude in 32 bits, on Lucene's grid, bit by bit in turn: what lies near by number lies near on
// the map, and so the zone of a page (least and greatest value) bounds a part of it. Thread-safe free functions.
// Errors: kInvalidArgument in Elasticsearch's words.
#ifndef BINSEEK_ENGINE_MAPPING_GEO_H_
#define BINSEEK_ENGINE_MAPPING_GEO_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace binseek::mapping {

struct GeoPoint {
  double lat = 0;
  double lon = 0;
  friend bool operator==(const GeoPoint&, const GeoPoint&) = default;
};

// REQUIRES: lat in [-90, 90], lon in [-180, 180].
int64_t EncodeGeo(const GeoPoint& point);
GeoPoint DecodeGeo(int64_t column_value);  // the south-west corner of its cell, as Lucene decodes

// A rectangle that holds all points whose column values lie between `low` and `high`, both included.
struct GeoBox {
  double south = -90;
  double west = -180;
  double north = 90;
  double east = 180;
};
GeoBox GeoBoundsOf(int64_t low, int64_t high);

// "lat,lon", "POINT (lon lat)", or a geohash (its cell's south-west corner).
Result<GeoPoint> ParseGeoText(std::string_view text, bool ignore_z = true);
// Also {"lat": .., "lon": ..}, [lon, lat], {"type": "Point", "coordinates": [lon, lat]}, {"geohash": ".."}. Latitudes and longitudes are not checked.
Result<GeoPoint> ParseGeo(const JsonValue& json, bool ignore_z = true);
// All points of a value: one, or an array of them.
Result<std::vector<GeoPoint>> ParseGeoPoints(const JsonValue& json, bool ignore_z = true);
// "illegal latitude value [91.0] for name"
[[nodiscard]] Status CheckGeo(const GeoPoint& point, std::string_view name);
// Into [-90, 90] and [-180, 180], going on over poles and date line.
GeoPoint NormalizeGeo(GeoPoint point);

// Metres along a great circle of Earth's mean radius.
double GeoDistanceMeters(const GeoPoint& a, const GeoPoint& b);
// Metres on a flat map: cheap, and wrong over long distances.
double GeoPlaneMeters(const GeoPoint& a, const GeoPoint& b);
// "12km", "3.5 mi", "100" (metres, or `default_unit`).
Result<double> ParseDistance(std::string_view text, std::string_view default_unit = "m");
// Metres of one "km", "mi", ...; 0: no such unit.
double MetersOfUnit(std::string_view unit);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_GEO_H_

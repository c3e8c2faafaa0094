#include "engine/mapping/geo.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

namespace binseek::mapping {
namespace {

constexpr double kCells = 4294967296.0;  // 2^32
constexpr double kLatStep = 180.0 / kCells;
constexpr double kLonStep = 360.0 / kCells;
constexpr double kEarthRadiusMeters = 6'371'008.7714;
constexpr double kRadians = std::numbers::pi / 180;
constexpr uint64_t kTop = uint64_t{1} << 63;

// Cell counted from the south or west end.
uint32_t Cell(double degrees, double step) {
  const double cell = std::floor(degrees / step) + kCells / 2;
  return static_cast<uint32_t>(std::clamp(cell, 0.0, kCells - 1));
}

double Degrees(uint32_t cell, double step) {
  return (static_cast<double>(cell) - kCells / 2) * step;
}

// Bit i goes to bit 2i.
uint64_t Spread(uint32_t value) {
  uint64_t x = value;
  x = (x | (x << 16)) & 0x0000FFFF0000FFFF;
  x = (x | (x << 8)) & 0x00FF00FF00FF00FF;
  x = (x | (x << 4)) & 0x0F0F0F0F0F0F0F0F;
  x = (x | (x << 2)) & 0x3333333333333333;
  return (x | (x << 1)) & 0x5555555555555555;
}

uint32_t Gather(uint64_t x) {
  x &= 0x5555555555555555;
  x = (x | (x >> 1)) & 0x3333333333333333;
  x = (x | (x >> 2)) & 0x0F0F0F0F0F0F0F0F;
  x = (x | (x >> 4)) & 0x00FF00FF00FF00FF;
  x = (x | (x >> 8)) & 0x0000FFFF0000FFFF;
  return static_cast<uint32_t>(x | (x >> 16));
}

std::optional<double> Number(std::string_view text) {
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
      !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> Number(const JsonValue& json) {
  return json.is_string() ? Number(json.AsString()) : json.AsDouble();
}

Status BadZ() {
  return Status::InvalidArgument(
      "Exception parsing coordinates: found Z value but [ignore_z_value] parameter is [false]");
}

Result<GeoPoint> ParseLatLon(std::string_view text, bool ignore_z) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    parts.push_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(comma + 1);
  }
  if (parts.size() > 3) {
    return Status::InvalidArgument("failed to parse [" + std::string(text.substr(0, 100)) +
                                   "], expected 2 or 3 coordinates but found: [" +
                                   std::to_string(parts.size()) + "]");
  }
  if (parts.size() == 3 && !ignore_z) {
    return BadZ();
  }
  const auto lat = Number(parts[0]);
  const auto lon = Number(parts[1]);
  if (!lat || !lon) {
    return Status::InvalidArgument(std::string(lat ? "longitude" : "latitude") +
                                   " must be a number");
  }
  return GeoPoint{*lat, *lon};
}

Result<GeoPoint> ParseWkt(std::string_view text, bool ignore_z) {
  const size_t open = text.find('(');
  const size_t close = text.find(')');
  std::vector<double> numbers;
  if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
    std::string_view inner = text.substr(open + 1, close - open - 1);
    while (!inner.empty()) {
      const size_t begin = inner.find_first_not_of(' ');
      if (begin == std::string_view::npos) {
        break;
      }
      const size_t end = std::min(inner.find(' ', begin), inner.size());
      const auto number = Number(inner.substr(begin, end - begin));
      if (!number) {
        numbers.clear();
        break;
      }
      numbers.push_back(*number);
      inner.remove_prefix(end);
    }
  }
  if (numbers.size() != 2 && numbers.size() != 3) {
    return Status::InvalidArgument("Invalid WKT format [" + std::string(text.substr(0, 100)) + "]");
  }
  if (numbers.size() == 3 && !ignore_z) {
    return BadZ();
  }
  return GeoPoint{numbers[1], numbers[0]};
}

Result<GeoPoint> ParseGeohash(std::string_view hash) {
  constexpr std::string_view kGeohashLetters = "0123456789bcdefghjkmnpqrstuvwxyz";
  if (hash.empty() || hash.size() > 22) {
    return Status::InvalidArgument("unsupported symbol in geohash [" +
                                   std::string(hash.substr(0, 100)) + "]");
  }
  double south = -90;
  double north = 90;
  double west = -180;
  double east = 180;
  bool lon_turn = true;
  for (const char c : hash) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const size_t value = kGeohashLetters.find(lower);
    if (value == std::string_view::npos) {
      return Status::InvalidArgument("unsupported symbol [" + std::string(1, c) + "] in geohash [" +
                                     std::string(hash) + "]");
    }
    for (int bit = 4; bit >= 0; --bit, lon_turn = !lon_turn) {
      double& low = lon_turn ? west : south;
      double& high = lon_turn ? east : north;
      const double middle = (low + high) / 2;
      ((value >> bit) & 1) != 0 ? low = middle : high = middle;
    }
  }
  return GeoPoint{south, west};
}

Result<GeoPoint> ParseArray(const JsonValue::Array& array, bool ignore_z) {
  if (array.size() < 2 || array.size() > 3) {
    return Status::InvalidArgument(array.size() > 3
                                       ? "[geo_point] field type does not accept more than 3 "
                                         "values"
                                       : "geo_point expected");
  }
  if (array.size() == 3 && !ignore_z) {
    return BadZ();
  }
  const auto lon = Number(array[0]);
  const auto lat = Number(array[1]);
  if (!lat || !lon) {
    return Status::InvalidArgument("numeric value expected");
  }
  return GeoPoint{*lat, *lon};
}

Result<GeoPoint> ParseObject(const JsonValue& json, bool ignore_z) {
  const JsonValue* lat = nullptr;
  const JsonValue* lon = nullptr;
  const JsonValue* hash = nullptr;
  const JsonValue* coordinates = nullptr;
  const JsonValue* type = nullptr;
  for (const auto& [key, value] : json.members()) {
    if (key == "lat") {
      lat = &value;
    } else if (key == "lon") {
      lon = &value;
    } else if (key == "geohash") {
      hash = &value;
    } else if (key == "coordinates") {
      coordinates = &value;
    } else if (key == "type") {
      type = &value;
    } else if (key == "z") {
      if (!ignore_z) {
        return BadZ();
      }
    } else {
      return Status::InvalidArgument(
          "field must be either [lon|lat], [type|coordinates], or [geohash]");
    }
  }
  if (coordinates != nullptr || type != nullptr) {
    if (type == nullptr || !type->is_string() || type->AsString() != "Point") {
      return Status::InvalidArgument("[type] for geo_point can only be 'Point'");
    }
    if (coordinates == nullptr || !coordinates->is_array()) {
      return Status::InvalidArgument("field [coordinates] missing");
    }
    return ParseArray(coordinates->array(), ignore_z);
  }
  if (hash != nullptr) {
    if (lat != nullptr || lon != nullptr) {
      return Status::InvalidArgument("field must be either lat/lon or geohash");
    }
    return hash->is_string() ? ParseGeohash(hash->AsString())
                             : Status::InvalidArgument("[geohash] must be a string");
  }
  if (lat == nullptr || lon == nullptr) {
    return Status::InvalidArgument(lat == nullptr ? "field [lat] missing" : "field [lon] missing");
  }
  const auto lat_number = Number(*lat);
  const auto lon_number = Number(*lon);
  if (!lat_number || !lon_number) {
    return Status::InvalidArgument("[" + std::string(lat_number ? "lon" : "lat") +
                                   "] must be a valid double value");
  }
  return GeoPoint{*lat_number, *lon_number};
}

struct Unit {
  std::string_view name;
  double meters;
};
constexpr Unit kUnits[] = {
    {"m", 1},
    {"meters", 1},
    {"km", 1000},
    {"kilometers", 1000},
    {"mi", 1609.344},
    {"miles", 1609.344},
    {"yd", 0.9144},
    {"yards", 0.9144},
    {"ft", 0.3048},
    {"feet", 0.3048},
    {"in", 0.0254},
    {"inch", 0.0254},
    {"cm", 0.01},
    {"centimeters", 0.01},
    {"mm", 0.001},
    {"millimeters", 0.001},
    {"nmi", 1852},
    {"NM", 1852},
    {"nauticalmiles", 1852},
};

}  // namespace

int64_t EncodeGeo(const GeoPoint& point) {
  const uint64_t bits = Spread(Cell(point.lat, kLatStep)) << 1 | Spread(Cell(point.lon, kLonStep));
  return static_cast<int64_t>(bits ^ kTop);
}

GeoPoint DecodeGeo(int64_t column_value) {
  const uint64_t bits = static_cast<uint64_t>(column_value) ^ kTop;
  return {Degrees(Gather(bits >> 1), kLatStep), Degrees(Gather(bits), kLonStep)};
}

GeoBox GeoBoundsOf(int64_t low, int64_t high) {
  const uint64_t first = static_cast<uint64_t>(low) ^ kTop;
  const uint64_t differing = first ^ (static_cast<uint64_t>(high) ^ kTop);
  // All in between share what the ends share from the top on.
  uint64_t open = 0;
  while (open < differing) {
    open = open << 1 | 1;
  }
  const uint64_t south_west = first & ~open;
  const uint64_t north_east = first | open;
  return {.south = Degrees(Gather(south_west >> 1), kLatStep),
          .west = Degrees(Gather(south_west), kLonStep),
          .north = Degrees(Gather(north_east >> 1), kLatStep),
          .east = Degrees(Gather(north_east), kLonStep)};
}

Result<GeoPoint> ParseGeoText(std::string_view text, bool ignore_z) {
  if (text.find(',') != std::string_view::npos) {
    return ParseLatLon(text, ignore_z);
  }
  if (text.find('(') != std::string_view::npos) {
    return ParseWkt(text, ignore_z);
  }
  return ParseGeohash(text);
}

Result<GeoPoint> ParseGeo(const JsonValue& json, bool ignore_z) {
  if (json.is_string()) {
    return ParseGeoText(json.AsString(), ignore_z);
  }
  if (json.is_array()) {
    return ParseArray(json.array(), ignore_z);
  }
  if (json.is_object()) {
    return ParseObject(json, ignore_z);
  }
  return Status::InvalidArgument("geo_point expected");
}

Result<std::vector<GeoPoint>> ParseGeoPoints(const JsonValue& json, bool ignore_z) {
  std::vector<GeoPoint> points;
  const bool several = json.is_array() && (json.array().empty() || !json.array()[0].is_number());
  if (!several) {
    BINSEEK_ASSIGN_OR_RETURN(const GeoPoint point, ParseGeo(json, ignore_z));
    points.push_back(point);
    return points;
  }
  for (const JsonValue& element : json.array()) {
    if (!element.is_null()) {
      BINSEEK_ASSIGN_OR_RETURN(const GeoPoint point, ParseGeo(element, ignore_z));
      points.push_back(point);
    }
  }
  return points;
}

Status CheckGeo(const GeoPoint& point, std::string_view name) {
  const bool bad_lat = !(point.lat >= -90 && point.lat <= 90);
  if (!bad_lat && point.lon >= -180 && point.lon <= 180) {
    return Status::Ok();
  }
  std::string number;
  JsonWriter(&number).Double(bad_lat ? point.lat : point.lon);
  return Status::InvalidArgument(std::string("illegal ") + (bad_lat ? "latitude" : "longitude") +
                                 " value [" + number + "] for " + std::string(name));
}

GeoPoint NormalizeGeo(GeoPoint point) {
  double lat = std::remainder(point.lat, 360);
  double lon = point.lon;
  if (lat > 90) {
    lat = 180 - lat;
    lon += 180;
  } else if (lat < -90) {
    lat = -180 - lat;
    lon += 180;
  }
  if (lon > 180 || lon < -180) {
    lon = std::remainder(lon, 360);
  }
  return {lat, lon};
}

double GeoDistanceMeters(const GeoPoint& a, const GeoPoint& b) {
  const double h = 1 - std::cos((a.lat - b.lat) * kRadians) +
                   std::cos(a.lat * kRadians) * std::cos(b.lat * kRadians) *
                       (1 - std::cos((a.lon - b.lon) * kRadians));
  return 2 * kEarthRadiusMeters * std::asin(std::min(1.0, std::sqrt(h * 0.5)));
}

double GeoPlaneMeters(const GeoPoint& a, const GeoPoint& b) {
  const double x = (b.lon - a.lon) * kRadians * std::cos((a.lat + b.lat) / 2 * kRadians);
  const double y = (b.lat - a.lat) * kRadians;
  return std::sqrt(x * x + y * y) * kEarthRadiusMeters;
}

double MetersOfUnit(std::string_view unit) {
  for (const Unit& known : kUnits) {
    if (known.name == unit) {
      return known.meters;
    }
  }
  return 0;
}

Result<double> ParseDistance(std::string_view text, std::string_view default_unit) {
  std::string_view unit = default_unit;
  std::string_view number = text;
  for (const Unit& known : kUnits) {
    // The longest that fits: "mm" ends with "m" too.
    if (text.ends_with(known.name) &&
        (number.size() == text.size() || known.name.size() > unit.size())) {
      unit = known.name;
      number = text.substr(0, text.size() - unit.size());
    }
  }
  const auto value = Number(number);
  if (!value || MetersOfUnit(unit) == 0) {
    return Status::InvalidArgument("failed to parse distance [" + std::string(text.substr(0, 100)) +
                                   "]");
  }
  return *value * MetersOfUnit(unit);
}

}  // namespace binseek::mapping

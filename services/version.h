// The version of the programs.
#ifndef REGISTRE_SERVICES_VERSION_H_
#define REGISTRE_SERVICES_VERSION_H_

namespace registre {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace registre

#endif  // REGISTRE_SERVICES_VERSION_H_

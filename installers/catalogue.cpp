// SPDX-License-Identifier: MIT
// The rows. Which row a machine belongs to is found in look_up.cpp.
#include "installers/catalogue.hpp"

#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/tdnf.hpp"
#include "installers/yum.hpp"
#include "installers/zypper.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aadssh {

namespace {

constexpr Release ubuntu_16_to_21[] = {
    {"16.04", "xenial"},
    {"16.10", "yakkety"},
    {"17.04", "zesty"},
    {"17.10", "artful"},
    {"18.04", "bionic"},
    {"18.10", "cosmic"},
    {"19.04", "disco"},
    {"19.10", "eoan"},
    {"20.04", "focal"},
    {"20.10", "groovy"},
    {"21.04", "hirsute"},
    {"21.10", "impish"},
};
constexpr Release ubuntu_22_on[] = {
    {"22.04", "jammy"},
    {"22.10", "kinetic"},
    {"23.04", "lunar"},
    {"23.10", "mantic"},
    {"24.04", "noble"},
    {"24.10", "oracular"},
    {"25.04", "plucky"},
    {"25.10", "questing"},
    {"26.04", "resolute"},
};
constexpr Release debian_9_to_11[] = {{"9", "stretch"}, {"10", "buster"}, {"11", "bullseye"}};
constexpr Release debian_12_on[] = {{"12", "bookworm"}, {"13", "trixie"}};
constexpr Release el_7[] = {{"7"}};
constexpr Release el_8_and_9[] = {{"8"}, {"9"}};
constexpr Release el_10[] = {{"10"}};
constexpr Release sles_12[] = {{"12"}};
constexpr Release suse_15_1_to_5[] = {{"15.1"}, {"15.2"}, {"15.3"}, {"15.4"}, {"15.5"}};
constexpr Release sles_15_6_on[] = {{"15.6"}, {"15.7"}};
constexpr Release leap_15_6[] = {{"15.6"}};
constexpr Release suse_16[] = {{"16.0"}};
constexpr Release leap_42[] = {{"42.3"}};
constexpr Release mariner_1_and_2[] = {{"1.0"}, {"2.0"}};
constexpr Release azure_linux_3[] = {{"3.0"}};
constexpr Release azure_linux_4[] = {{"4.0"}};

constexpr std::string_view ubuntu_spellings[] = {
    "https://packages.microsoft.com/repos/microsoft-ubuntu-{codename}-prod"};
constexpr std::string_view debian_spellings[] = {
    "https://packages.microsoft.com/repos/microsoft-debian-{codename}-prod"};
constexpr std::string_view rhel_spellings[] = {
    "https://packages.microsoft.com/yumrepos/microsoft-rhel{version}-prod",
    "https://packages.microsoft.com/yumrepos/microsoft-rhel{version}.0-prod"};
constexpr std::string_view centos_spellings[] = {
    "https://packages.microsoft.com/yumrepos/microsoft-centos{version}-prod"};
constexpr std::string_view alma_spellings[] = {
    "https://packages.microsoft.com/yumrepos/microsoft-alma{version}-prod"};
constexpr std::string_view sles_spellings[] = {
    "https://packages.microsoft.com/yumrepos/microsoft-sles{major}-prod"};
constexpr std::string_view opensuse_spellings[] = {
    "https://packages.microsoft.com/yumrepos/microsoft-opensuse{major}-prod"};
constexpr std::string_view azure_linux_3_spellings[] = {
    "https://packages.microsoft.com/yumrepos/azurelinux-{version}-prod-ms-non-oss-{arch}"};
constexpr std::string_view azure_linux_4_spellings[] = {
    "https://packages.microsoft.com/azurelinux/{major}/prod/microsoft/{arch}"};
constexpr std::string_view mariner_spellings[] = {
    "https://packages.microsoft.com/yumrepos/cbl-mariner-{version}-prod-extra-{arch}"};

constexpr std::string_view prod = "packages-microsoft-com-prod";

constexpr Rung ubuntu[] = {
    {.url = "https://packages.microsoft.com/ubuntu/{version}/prod", .spellings = ubuntu_spellings},
    {.url = "https://packages.microsoft.com/repos/microsoft-ubuntu-bionic-multiarch-prod",
     .spellings = {},
     .version = "18.04",
     .architecture = "arm64"},
};
constexpr Rung debian[] = {
    {.url = "https://packages.microsoft.com/debian/{version}/prod", .spellings = debian_spellings},
};
constexpr Rung rhel_rung = {.url = "https://packages.microsoft.com/rhel/{version}/prod",
                            .spellings = rhel_spellings,
                            .id = prod};
// There is no usable folder ol/ (it answered 403): Oracle Linux takes Red Hat's packages
// (Azure/azure-linux-extensions#1902).
constexpr Rung rhel[] = {rhel_rung};
constexpr Rung centos[] = {
    {.url = "https://packages.microsoft.com/centos/{version}/prod",
     .spellings = centos_spellings,
     .id = prod},
    rhel_rung,
};
constexpr Rung alma[] = {
    {.url = "https://packages.microsoft.com/alma/{version}/prod",
     .spellings = alma_spellings,
     .id = prod},
    rhel_rung,
};
// No folder alma/10 is known; the packages are in a repository that is named like Rocky's.
constexpr std::string_view alma_10_spellings[] = {
    "https://packages.microsoft.com/alma/{version}/prod"};
constexpr Rung alma_10[] = {
    {.url = "https://packages.microsoft.com/yumrepos/microsoft-alma{version}-prod",
     .spellings = alma_10_spellings,
     .id = prod},
    rhel_rung,
};
constexpr Rung rocky[] = {
    {.url = "https://packages.microsoft.com/yumrepos/microsoft-rocky{version}-prod",
     .spellings = {},
     .id = prod},
    rhel_rung,
};
constexpr Rung sles[] = {
    {.url = "https://packages.microsoft.com/sles/{major}/prod",
     .spellings = sles_spellings,
     .id = prod},
};
constexpr Rung opensuse[] = {
    {.url = "https://packages.microsoft.com/opensuse/{major}/prod",
     .spellings = opensuse_spellings,
     .id = prod},
};
constexpr Rung opensuse_42[] = {
    {.url = "https://packages.microsoft.com/opensuse/{version}/prod", .spellings = {}, .id = prod},
};
// Here the repositories are the distribution's own: file and keys come from its packages
// (microsoft/azurelinux, SPECS/mariner-repos and SPECS/azurelinux-repos), and writing a second file
// would only be in their way. Mariner 1.0's repositories were deleted in October 2024
// (microsoft/linux-package-repositories, README).
constexpr Rung mariner[] = {
    {.url = "https://packages.microsoft.com/cbl-mariner/{version}/prod/extras/{arch}",
     .spellings = mariner_spellings,
     .provider = "mariner-repos-extras",
     .id = "mariner-official-extras"},
};
constexpr Rung azure_linux_3_rungs[] = {
    {.url = "https://packages.microsoft.com/azurelinux/{version}/prod/ms-non-oss/{arch}",
     .spellings = azure_linux_3_spellings,
     .provider = "azurelinux-repos-ms-non-oss",
     .id = "azurelinux-official-ms-non-oss"},
};
// Shipped and enabled as /etc/yum.repos.d/microsoft.repo (microsoft/azurelinux#17413).
constexpr Rung azure_linux_4_rungs[] = {
    {.url = "https://packages.microsoft.com/yumrepos/azurelinux-{major}-prod-microsoft-{arch}",
     .spellings = azure_linux_4_spellings,
     .id = "azurelinux-microsoft"},
};

// Which key signs what: github.com/microsoft/linux-package-repositories, README. Both where it is
// not certain on which side of April 2025 a repository was made.
constexpr std::string_view both_keys[] = {"microsoft.asc", "microsoft-2025.asc"};
constexpr std::string_view old_key[] = {"microsoft.asc"};
constexpr std::string_view new_key[] = {"microsoft-2025.asc"};

// Whether a source names its key must be as packages-microsoft-prod does it for that release, or
// apt refuses to read any source at all once that package is there too
// (microsoft/linux-package-repositories#69 and #128).
constexpr std::string_view named_key = "/usr/share/keyrings/microsoft-prod.gpg";
// Not microsoft-prod.gpg as in packages-microsoft-prod: in /etc that is a conffile, and dpkg would
// stop and ask when that package is installed after us.
constexpr std::string_view trusted_key = "/etc/apt/trusted.gpg.d/aadsshlogin-handler.gpg";
constexpr std::string_view rpm_key = "/etc/pki/rpm-gpg/RPM-GPG-KEY-aadsshlogin-handler";
constexpr std::string_view none;

// Later builds of aadsshlogin want libsemanage.so.2, which SUSE has from 15.6 on
// (microsoft/linux-package-repositories#180; the note on SUSE in Microsoft's how-to).
constexpr std::string_view last_for_semanage_1 = "1.0.027980001";

constexpr CatalogueRow rows[] = {
    {"Ubuntu", "ubuntu", ubuntu_16_to_21, &apt, ubuntu, both_keys, trusted_key, none},
    {"Ubuntu", "ubuntu", ubuntu_22_on, &apt, ubuntu, both_keys, named_key, named_key},
    {"Debian", "debian", debian_9_to_11, &apt, debian, both_keys, trusted_key, none},
    {"Debian", "debian", debian_12_on, &apt, debian, both_keys, named_key, named_key},
    {"Red Hat Enterprise Linux", "rhel", el_7, &yum, rhel, old_key, rpm_key, none},
    {"Red Hat Enterprise Linux", "rhel", el_8_and_9, &dnf, rhel, old_key, rpm_key, none},
    {"Red Hat Enterprise Linux", "rhel", el_10, &dnf, rhel, new_key, rpm_key, none},
    {"CentOS", "centos", el_7, &yum, centos, old_key, rpm_key, none},
    {"CentOS", "centos", el_8_and_9, &dnf, centos, old_key, rpm_key, none},
    {"CentOS", "centos", el_10, &dnf, centos, both_keys, rpm_key, none},
    {"Oracle Linux", "ol", el_7, &yum, rhel, old_key, rpm_key, none},
    {"Oracle Linux", "ol", el_8_and_9, &dnf, rhel, old_key, rpm_key, none},
    {"Oracle Linux", "ol", el_10, &dnf, rhel, new_key, rpm_key, none},
    {"AlmaLinux", "almalinux", el_8_and_9, &dnf, alma, both_keys, rpm_key, none},
    {"AlmaLinux", "almalinux", el_10, &dnf, alma_10, new_key, rpm_key, none},
    {"Rocky Linux", "rocky", el_8_and_9, &dnf, rocky, both_keys, rpm_key, none},
    {"Rocky Linux", "rocky", el_10, &dnf, rocky, new_key, rpm_key, none},
    {"SUSE Linux Enterprise Server",
     "sles",
     sles_12,
     &zypper,
     sles,
     old_key,
     rpm_key,
     none,
     last_for_semanage_1},
    {"SUSE Linux Enterprise Server",
     "sles",
     suse_15_1_to_5,
     &zypper,
     sles,
     old_key,
     rpm_key,
     none,
     last_for_semanage_1},
    {"SUSE Linux Enterprise Server", "sles", sles_15_6_on, &zypper, sles, old_key, rpm_key, none},
    {"SUSE Linux Enterprise Server", "sles", suse_16, &zypper, sles, new_key, rpm_key, none},
    {"openSUSE Leap",
     "opensuse",
     leap_42,
     &zypper,
     opensuse_42,
     old_key,
     rpm_key,
     none,
     last_for_semanage_1},
    {"openSUSE Leap",
     "opensuse-leap",
     suse_15_1_to_5,
     &zypper,
     opensuse,
     old_key,
     rpm_key,
     none,
     last_for_semanage_1},
    {"openSUSE Leap", "opensuse-leap", leap_15_6, &zypper, opensuse, old_key, rpm_key, none},
    {"openSUSE Leap", "opensuse-leap", suse_16, &zypper, opensuse, new_key, rpm_key, none},
    {"CBL-Mariner", "mariner", mariner_1_and_2, &tdnf, mariner, {}, none, none},
    {"Azure Linux", "azurelinux", azure_linux_3, &tdnf, azure_linux_3_rungs, {}, none, none},
    {"Azure Linux",
     "azurelinux",
     azure_linux_4,
     &dnf,
     azure_linux_4_rungs,
     both_keys,
     rpm_key,
     none},
};

// The sources are rows of the table that Exclusion names, in the edition of February 2024.
constexpr std::string_view rhel_wanted = "7.4 to 7.9, and on 8.3 or later";
constexpr Exclusion excluded[] = {
    // Row "RedHat Enterprise Linux (RHEL)", 7.4 to 7.9 and 8.3+: it begins after 5 and 6,
    {"rhel", "0", "7", rhel_wanted, true},
    // ... leaves out 7.0 to 7.3,
    {"rhel", "7.0", "7.4", rhel_wanted},
    // ... and 8.0 to 8.2.
    {"rhel", "8.0", "8.3", rhel_wanted},
    // Row "CentOS", 7 and 8: it begins after 6.
    {"centos", "0", "7", "7 or later", true},
    // Row "SUSE Linux Enterprise Server (SLES)", 12 and 15.1+: it leaves out 15 without a service
    // pack.
    {"sles", "15", "15.1", "12, and on 15.1 or later", true},
    // Row "openSUSE", Leap 42.3 and Leap 15.1+: it leaves out 15.0.
    {"opensuse-leap", "15", "15.1", "42.3, and on 15.1 or later", true},
};

constexpr FamilyName families[] = {{"suse", "sles"}, {"opensuse", "opensuse-leap"}};

}  // namespace

std::span<const CatalogueRow> catalogue() {
    return rows;
}

std::span<const Exclusion> exclusions() {
    return excluded;
}

std::span<const FamilyName> family_names() {
    return families;
}

std::string supported_list() {
    std::vector<std::string> ranges;
    std::vector<std::string_view> named;
    for (const CatalogueRow& row : rows) {
        if (std::ranges::find(named, row.name) != named.end()) {
            continue;
        }
        named.push_back(row.name);
        std::string_view last;
        for (const CatalogueRow& each : rows) {
            last = each.name == row.name ? each.releases.back().version : last;
        }
        const std::string_view first = row.releases.front().version;
        ranges.push_back(first == last ? fmt::format("{} {}", row.name, first)
                                       : fmt::format("{} {} to {}", row.name, first, last));
    }
    return fmt::format("{} (x86_64, aarch64)", fmt::join(ranges, ", "));
}

}  // namespace aadssh

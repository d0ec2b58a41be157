# SPDX-License-Identifier: MIT
"""The rpm machines that tests can ask for: which real tools, which /etc/os-release, what their rpm database knows."""
from __future__ import annotations

from dataclasses import dataclass

from .families import Family


@dataclass(frozen=True)
class Tool:
    """A package manager: its programs, where its repositories are described, what it keeps of them, and its settings."""

    programs: tuple[str, ...]
    repositories: str
    cache: str
    refresh: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RpmFamily(Family):
    """`release`: the package that provides system-release(releasever), its version, and that value. `stubs`: packages only
    the rpm database knows, with what they provide. `offers`: packages of the distribution's archive for this family alone."""

    tool: str = "dnf"
    release: tuple[str, str, str] = ("", "", "")
    stubs: tuple[tuple[str, str], ...] = (("libsemanage", "libsemanage.so.2()(64bit)"),)
    offers: tuple[str, ...] = ()
    style: str = "rhel"
    section: str = "packages-microsoft-com-prod"
    release_file: str = "redhat-release"

    @property
    def pretty_name(self) -> str:
        return str(self.os_release).partition('PRETTY_NAME="')[2].partition('"')[0]


# Red Hat's dnf.conf. Debian's has neither `best` nor an end at a repository that does not answer.
DNF_CONF = "[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=True\nbest=True\nskip_if_unavailable=False\n"
YUM_CONF = "[main]\ncachedir=/var/cache/yum/$basearch/$releasever\nkeepcache=0\ngpgcheck=1\nplugins=1\ninstallonly_limit=5\n"
TDNF_CONF = "[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=0\nrepodir=/etc/yum.repos.d\ncachedir=/var/cache/tdnf\n"
TOOLS = {
    "dnf": Tool(("dnf", "dnf-3", "dnf4", "yum"), "/etc/yum.repos.d", "/var/cache/dnf", ("dnf", "makecache"), (("/etc/dnf/dnf.conf", DNF_CONF),)),
    "zypper": Tool(("zypper",), "/etc/zypp/repos.d", "/var/cache/zypp", ("zypper", "--non-interactive", "refresh")),
    "tdnf": Tool(("tdnf",), "/etc/yum.repos.d", "/var/cache/tdnf", ("tdnf", "makecache"), (("/etc/tdnf/tdnf.conf", TDNF_CONF),)),
    "yum": Tool(("yum",), "/etc/yum.repos.d", "/var/cache/yum", ("yum", "makecache"), (("/etc/yum.conf", YUM_CONF),)),
}


def os_release(name: str, ident: str, like: str, version: str, title: str, platform: str = "") -> str:
    lines = [f'NAME="{name}"', f'VERSION="{version}"', f'ID="{ident}"', f'ID_LIKE="{like}"' if like else "", f'VERSION_ID="{version}"',
             f'PLATFORM_ID="platform:{platform}"' if platform else "", f'PRETTY_NAME="{title}"']
    return "".join(f"{line}\n" for line in lines if line)


def rhel(version: str, like: str, title: str, **more: str) -> str:
    return os_release("Red Hat Enterprise Linux", "rhel", like, version, f"Red Hat Enterprise Linux {title}", **more)


def sles(service_pack: int) -> str:
    return os_release("SLES", "sles", "suse", f"15.{service_pack}", f"SUSE Linux Enterprise Server 15 SP{service_pack}")


def el(base: str, agent: str, prod: str, release: tuple[str, str, str], text: str, tool: str = "dnf") -> RpmFamily:
    return RpmFamily(base, agent, prod, "", text, tool=tool, release=release)


def suse(prod: str, release: tuple[str, str, str], text: str, library: int) -> RpmFamily:
    stubs = ((f"libsemanage{library}", f"libsemanage.so.{library}()(64bit)"),)
    return RpmFamily("rpm-bookworm", "2.7", prod, "", text, tool="zypper", release=release, stubs=stubs, style="suse", release_file="")


def azure_linux(prod: str, release: tuple[str, str, str], text: str, offers: str, section: str) -> RpmFamily:
    return RpmFamily("rpm-bookworm", "2.7", prod, "", text, tool="tdnf", release=release, offers=(offers,), section=section, release_file="")


OLD_BASE, BASE, NEW_BASE = "rpm-bullseye", "rpm-bookworm", "rpm-trixie"
LIKE_RHEL = "rhel centos fedora"
RPM_FAMILIES: dict[str, RpmFamily] = {
    "rhel7": el(BASE, "2.7", "rhel/7/prod", ("redhat-release-server", "7.9", "7Server"), rhel("7.9", "fedora", "Server 7.9 (Maipo)"), "yum"),
    "rhel8": el(OLD_BASE, "2.7", "rhel/8/prod", ("redhat-release", "8.10", "8"), rhel("8.10", "fedora", "8.10 (Ootpa)", platform="el8")),
    "rhel9": el(BASE, "2.7", "rhel/9/prod", ("redhat-release", "9.6", "9"), rhel("9.6", "fedora", "9.6 (Plow)", platform="el9")),
    "rhel10": el(NEW_BASE, "2.12", "rhel/10/prod", ("redhat-release", "10.0", "10"), rhel("10.0", "centos fedora", "10.0 (Coughlan)", platform="el10")),
    "centos7": el(BASE, "2.7", "centos/7/prod", ("centos-release", "7", "7"),
                  os_release("CentOS Linux", "centos", "rhel fedora", "7", "CentOS Linux 7 (Core)"), "yum"),
    "rocky9": el(BASE, "2.7", "yumrepos/microsoft-rocky9-prod", ("rocky-release", "9.3", "9"),
                 os_release("Rocky Linux", "rocky", LIKE_RHEL, "9.3", "Rocky Linux 9.3 (Blue Onyx)", "el9")),
    "alma9": el(BASE, "2.7", "alma/9/prod", ("almalinux-release", "9.6", "9"),
                os_release("AlmaLinux", "almalinux", LIKE_RHEL, "9.6", "AlmaLinux 9.6 (Sage Margay)", "el9")),
    "alma10": el(NEW_BASE, "2.12", "yumrepos/microsoft-alma10-prod", ("almalinux-release", "10.0", "10"),
                 os_release("AlmaLinux", "almalinux", LIKE_RHEL, "10.0", "AlmaLinux 10.0 (Purple Lion)", "el10")),
    "ol9": el(BASE, "2.7", "rhel/9/prod", ("oraclelinux-release", "9.3", "9"),
              os_release("Oracle Linux Server", "ol", "fedora", "9.3", "Oracle Linux Server 9.3", "el9")),
    "sles153": suse("sles/15/prod", ("sles-release", "15.3", "15.3"), sles(3), 1),
    "sles155": suse("sles/15/prod", ("sles-release", "15.5", "15.5"), sles(5), 1),
    "sles156": suse("sles/15/prod", ("sles-release", "15.6", "15.6"), sles(6), 2),
    "leap156": suse("opensuse/15/prod", ("openSUSE-release", "15.6", "15.6"),
                    os_release("openSUSE Leap", "opensuse-leap", "suse opensuse", "15.6", "openSUSE Leap 15.6"), 2),
    "azurelinux3": azure_linux("azurelinux/3.0/prod/ms-non-oss/x86_64", ("azurelinux-release", "3.0", "3.0"),
                               os_release("Microsoft Azure Linux", "azurelinux", "", "3.0", "Microsoft Azure Linux 3.0"),
                               "azurelinux-repos-ms-non-oss", "azurelinux-official-ms-non-oss"),
    "mariner2": azure_linux("cbl-mariner/2.0/prod/extras/x86_64", ("mariner-release", "2.0", "2.0"),
                            os_release("Common Base Linux Mariner", "mariner", "", "2.0", "CBL-Mariner/Linux"),
                            "mariner-repos-extras", "mariner-official-extras"),
}

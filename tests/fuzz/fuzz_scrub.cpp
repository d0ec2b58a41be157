// SPDX-License-Identifier: MIT
// A secret, in one of the forms in which it is known, between other texts.
#include "handler/scrub.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>

namespace aadssh {
namespace {

constexpr std::string_view secret = "Pl4nted5ecretPl4nted5ecret";

/// What stands around a secret.
struct Form {
    std::string_view before;
    std::string_view after;
};
constexpr std::array<Form, 30> forms{{
    {"https://joe:", "@proxy.example:3128"},
    {"http://", "@proxy.example"},
    {"Authorization: Bearer ", ""},
    {"Proxy-Authorization: Basic ", "=="},
    {"Bearer ", ""},
    {R"({"access_token":")", R"("})"},
    {R"({\"access_token\":\")", R"(\"})"},
    {R"({ "refresh_token" : ")", R"(" })"},
    {"client_secret=", ""},
    {"client_assertion:", ","},
    {"password: '", "'"},
    {"https://a.example/c?sv=1&sig=", "&se=2"},
    {"AccountKey=", ";"},
    {"SharedAccessKey=", "="},
    {"eyJhbGciOiJub25lIn0.", ".c2ln"},
    {"-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----"},
    {"joe:", "@proxy.example:3128"},
    {"joe@contoso.example:", "@[::1]:8080"},
    {"proxy=joe:", "@proxy.example"},
    {R"({"httpsProxy": "joe:)", R"(@proxy.example"})"},
    {"token: ", ""},
    {"accessToken=", ""},
    {R"({"clientSecret":")", R"("})"},
    {"secret=", ""},
    {"proxyPassword=", ","},
    {"storageAccountKey=", "=="},
    {"passwd=", ""},
    {R"({"passwd":")", R"("})"},
    {"Pwd=", ";"},
    {"passphrase: '", "'"},
}};

/// On one line with a quotation mark that nothing closes, nobody can say what is inside it.
bool ambiguous(std::string_view left) {
    const std::string_view line = left.substr(left.rfind('\n') + 1);
    return line.find_first_of("\"'\\") != std::string_view::npos;
}

/// The first byte chooses the form and whether lines are broken around it, the second how much of
/// the rest stands before it.
void plant(std::string_view input) {
    const auto choice = static_cast<unsigned char>(input[0]);
    const std::string_view rest = input.substr(2);
    const std::size_t cut =
        std::min<std::size_t>(static_cast<unsigned char>(input[1]), rest.size());
    const std::string_view left = rest.substr(0, cut);
    const bool broken = (choice & 0x80U) != 0;
    if (rest.find("5ecret") != std::string_view::npos || (!broken && ambiguous(left))) {
        return;
    }
    const Form& form = forms[choice % forms.size()];
    const std::string_view gap = broken ? "\n" : " ";
    std::string text;
    for (const std::string_view part :
         {left, gap, form.before, secret, form.after, gap, rest.substr(cut)}) {
        text += part;
    }
    must(scrub(text).find(secret) == std::string::npos, "a secret does not survive");
}

}  // namespace

void try_input(std::string_view input) {
    const std::string once = scrub(input);
    must(once.size() <= 3 * input.size(), "scrubbing does not blow a text up");
    must(scrub(once) == once, "scrubbing twice is scrubbing once");
    must_be_showable(one_line(once, 80), 80);
    must(printable(once, 80).size() <= 80, "a text keeps to its limit");
    if (input.size() >= 2) {
        plant(input);
    }
}

}  // namespace aadssh

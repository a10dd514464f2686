# The sign-up with one fault planted in each copy: name, what stands there, what is put
# in its place.
lab24_fault(wrong_rule "static_cast<char>(std::tolower(code))" "letter")
lab24_fault(wrong_wiring "if (!users_.add(*address)) return Result::taken"
            "static_cast<void>(users_.add(*address))")
lab24_fault(drifted_fake "return addresses_.insert(address).second"
            "return addresses_.insert(address).first != addresses_.end()")
lab24_fault(wrong_sql " on conflict do nothing" "")

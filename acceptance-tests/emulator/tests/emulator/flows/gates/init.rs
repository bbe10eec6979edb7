//! Closed gates of the endpoints that start a flow.

use super::*;

pub const INIT: &[Case] = &[
    ("H3", "400 invalid_request: must use HTTP POST", |shop| {
        shop.call("GET", "/services/auth/headless/init/registration", &[], "")
    }),
    ("I1", BAD_BODY, |shop| {
        shop.call("POST", "/services/auth/headless/init/passwordless/login", &[], "not JSON")
    }),
    ("I1", BAD_BODY, |shop| shop.start_passwordless("customer", "pigeon")),
    ("I1", BAD_BODY, |shop| shop.forgot(&json!({ "recaptcha": RECAPTCHA }))),
    ("I1", BAD_BODY, |shop| shop.start_registration("no-address")),
    ("N1", "400 invalid_request: headless registration is not enabled", |shop| {
        shop.auth_api("isHeadlessUserRegistrationAllowed", false);
        shop.start_registration(&shop.name("nora"))
    }),
    ("N1a", "400 invalid_request: headless registration is not set up", |shop| {
        shop.auth_api("registrationHandler", "NoSuchClass");
        shop.start_registration(&shop.name("nora"))
    }),
    ("N1a", "400 invalid_request: headless registration is not set up", |shop| {
        shop.auth_api("registrationExecutionUser", json!(null));
        shop.start_registration(&shop.name("nora"))
    }),
    ("N1a", "400 invalid_request: headless registration is not set up", |shop| {
        shop.auth_api("registrationUserDefaultProfile", json!(null));
        shop.start_registration(&shop.name("nora"))
    }),
    ("N2", "400 invalid_request: passwordless login is not enabled", |shop| {
        shop.auth_api("isPwdlessLoginAllowed", false);
        shop.start_passwordless("customer", "email")
    }),
    ("N2a", "400 invalid_request: the user has no verified address for this method", |shop| {
        shop.start_passwordless("unverified", "email")
    }),
    ("N2a", "400 invalid_request: the user has no verified address for this method", |shop| {
        shop.user("customer", &json!({ "phoneVerified": false }));
        shop.start_passwordless("customer", "sms")
    }),
    ("N3", r#"400 {"invalid_request":"forgot password is not enabled"}"#, |shop| {
        shop.auth_api("isForgotPwdAllowed", false);
        shop.forgot(&json!({ "username": shop.name("customer"), "recaptcha": RECAPTCHA }))
    }),
    ("G12", "401 invalid_request: authentication required", |shop| {
        shop.auth_api("doesPwdlessLoginRequireAuth", true);
        shop.start_passwordless("customer", "email")
    }),
    ("G12", "401 invalid_request: authentication required", |shop| {
        // A token for an app without the scope.
        let bearer = format!("Bearer {}", shop.integration_token("PwdlessLogin"));
        shop.auth_api("doesRegistrationRequireAuth", true);
        let user = json!({ "lastName": "X", "email": "x@mail.example", "username": shop.name("x") });
        let body = json!({ "userdata": user, "recaptcha": RECAPTCHA });
        shop.json("/services/auth/headless/init/registration", &[("Authorization", &bearer)], &body)
    }),
    ("G12", "401 invalid_request: authentication required", |shop| {
        // A token of a customer.
        shop.integration_token("ForgotPassword");
        let bearer = format!("Bearer {}", shop.tokens()["access_token"].as_str().unwrap());
        shop.auth_api("doesForgotPasswordRequireAuth", true);
        let body = json!({ "username": shop.name("customer"), "recaptcha": RECAPTCHA });
        shop.json("/services/auth/headless/forgot_password", &[("Authorization", &bearer)], &body)
    }),
    ("N4", "400 invalid_request: reCAPTCHA verification failed", |shop| {
        let body = json!({ "username": shop.name("customer"), "verificationmethod": "email" });
        shop.json("/services/auth/headless/init/passwordless/login", &[], &body)
    }),
    ("N4", "400 invalid_request: reCAPTCHA verification failed", |shop| {
        shop.site(&json!({ "recaptchaScore": 0.4 }));
        shop.start_passwordless("customer", "email")
    }),
    ("N4", "400 invalid_request: reCAPTCHA verification failed", |shop| {
        shop.auth_api("recaptchaSecretKey", json!(null));
        shop.start_registration(&shop.name("nora"))
    }),
    ("N4a", r#"400 {"invalid_request":"reCAPTCHA verification failed"}"#, |shop| {
        shop.forgot(&json!({ "username": shop.name("customer"), "recaptcha": "wrong" }))
    }),
    ("I2", "400 invalid_request: the password does not meet the password policy", |shop| {
        let user = json!({ "lastName": "X", "email": "x@mail.example", "username": shop.name("x") });
        let body = json!({ "userdata": user, "password": "short", "recaptcha": RECAPTCHA });
        shop.json("/services/auth/headless/init/registration", &[], &body)
    }),
    ("F1", r#"400 {"otp_error":"invalid OTP","status":"failed","status_code":"invalid_otp"}"#, |shop| {
        let code = sent_reset(shop);
        reset(shop, wrong(&code))
    }),
    ("F1", r#"400 {"otp_error":"invalid OTP","status":"failed","status_code":"invalid_otp"}"#, |shop| {
        let code = sent_reset(shop);
        assert_eq!(reset(shop, &code).status, 200);
        reset(shop, &code)
    }),
    (
        "N3a",
        r#"400 {"otp_error":"regenerate OTP","status":"failed","status_code":"regenerate_otp"}"#,
        |shop| {
            shop.auth_api("maxPasswordResetAttempts", 2);
            let code = sent_reset(shop);
            reset(shop, wrong(&code));
            reset(shop, wrong(&code));
            reset(shop, &code)
        },
    ),
    (
        "F2",
        r#"400 {"password_error":"the password does not meet the password policy","status":"failed","status_code":"password_policy_check_failure"}"#,
        |shop| {
            let otp = sent_reset(shop);
            shop.forgot(&json!({ "username": shop.name("customer"), "newpassword": "short", "otp": otp }))
        },
    ),
];

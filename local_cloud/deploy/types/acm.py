"""Certificates. The emulator issues each at once, with nobody having proved anything."""

from typing import Any

from local_cloud.deploy.errors import TranslationError
from local_cloud.deploy.spec import REST, At, Call, Scope, Spec

_OF_CERTIFICATE = {"CertificateArn": At("CertificateArn")}


def _proofs(scope: Scope) -> list[dict[str, Any]]:
    certificate = scope.responses["DescribeCertificate"]["Certificate"]
    return [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in certificate["DomainValidationOptions"]
        if "ResourceRecord" in option
    ]


CERTIFICATE = Spec(
    token="aws:acm/certificate:Certificate",
    service="acm",
    calls=(
        Call("RequestCertificate", REST, renames={"validationOptions": "DomainValidationOptions"}),
        Call("DescribeCertificate", gives=_OF_CERTIFICATE),
    ),
    id=At("CertificateArn"),
    outputs={
        "arn": At("CertificateArn"),
        "domainValidationOptions": _proofs,
        "notBefore": At("Certificate.NotBefore", of="DescribeCertificate", default=""),
        "notAfter": At("Certificate.NotAfter", of="DescribeCertificate", default=""),
        "pendingRenewal": False,
        "renewalEligibility": At("Certificate.RenewalEligibility", of="DescribeCertificate", default="INELIGIBLE"),
        "renewalSummaries": lambda _scope: [],
        "status": At("Certificate.Status", of="DescribeCertificate"),
        "type": At("Certificate.Type", of="DescribeCertificate"),
        "validationEmails": lambda _scope: [],
    },
)


def _issued(scope: Scope) -> None:
    status = scope.responses["DescribeCertificate"]["Certificate"]["Status"]
    if status != "ISSUED":
        raise TranslationError(f"the certificate is {status}, not ISSUED")


CERTIFICATE_VALIDATION = Spec(
    token="aws:acm/certificateValidation:CertificateValidation",
    service="acm",
    calls=(Call("DescribeCertificate", REST),),
    not_sent={
        "validationRecordFqdns": "the provider compares them with the certificate's proofs, AWS has no such input"
    },
    check=_issued,
    id=At("Certificate.IssuedAt"),
)

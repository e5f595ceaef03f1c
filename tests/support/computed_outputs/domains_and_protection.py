"""What the provider computes for certificates, DNS records, firewalls and the protection of user pools."""

from dataclasses import replace
from typing import Any

from support.computed_outputs.table import TIMESTAMP, Created, Request, computes, plain


def _region(request: Request) -> str:
    """Every resource may say its own region."""
    return str(request.inputs.get("region", request.place.region))


@computes("aws:acm/certificate:Certificate")
def _certificate(request: Request) -> Created:
    """With DNS validation each name has one proof, the same for every certificate of that name in an account."""
    arn = replace(request.place, region=_region(request)).arn("acm", f"certificate/{request.uuid()}")
    names = [request["domainName"], *request.inputs.get("subjectAlternativeNames", [])]
    proofs: list[dict[str, Any]] = [
        {
            "domainName": name,
            "resourceRecordName": f"_{request.digest(32)}.{name}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{request.digest(31)}0.acm-validations.aws.",
        }
        for name in dict.fromkeys(names)
    ]
    outputs = {
        "arn": arn,
        "domainValidationOptions": proofs if request["validationMethod"] == "DNS" else [],
        "status": "PENDING_VALIDATION",
        "type": "AMAZON_ISSUED",
    }
    return Created(arn, outputs)


plain("aws:acm/certificateValidation:CertificateValidation", lambda _: TIMESTAMP)


@computes("aws:route53/record:Record")
def _record(request: Request) -> Created:
    name = str(request["name"]).rstrip(".").lower()
    return Created(f"{request['zoneId']}_{name}_{request['type']}", {"fqdn": name})


@computes("aws:wafv2/webAcl:WebAcl")
def _web_acl(request: Request) -> Created:
    scope = "global" if request["scope"] == "CLOUDFRONT" else "regional"
    acl, name = request.uuid(), request.physical()
    outputs = {
        "name": name,
        "arn": replace(request.place, region=_region(request)).arn("wafv2", f"{scope}/webacl/{name}/{acl}"),
        "capacity": 100,
        "lockToken": request.uuid(),
        "applicationIntegrationUrl": "",
    }
    return Created(acl, outputs)


plain("aws:wafv2/webAclAssociation:WebAclAssociation", lambda r: f"{r['webAclArn']},{r['resourceArn']}")
plain("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", lambda r: str(r["resourceArn"]))
plain("aws:cognito/riskConfiguration:RiskConfiguration", lambda r: str(r["userPoolId"]))
plain("aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration", lambda r: str(r["userPoolId"]))

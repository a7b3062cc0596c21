namespace Tidegate.Proxy.Telemetry;

/// <summary>Why an endpoint is an outlier.</summary>
internal enum OutlierKind : byte
{
    /// <summary>Too many answers 500 to 599 in a row.</summary>
    Consecutive5xx,

    /// <summary>Too many answers 502, 503 or 504 in a row.</summary>
    ConsecutiveGatewayFailure,

    /// <summary>Too many failures without an answer in a row.</summary>
    ConsecutiveLocalOriginFailure,

    /// <summary>Far fewer good answers than the others.</summary>
    SuccessRate,

    /// <summary>Far more failures without an answer than the others.</summary>
    LocalOriginSuccessRate,

    /// <summary>Too many bad answers.</summary>
    FailurePercentage,

    /// <summary>Too many failures without an answer.</summary>
    LocalOriginFailurePercentage,
}

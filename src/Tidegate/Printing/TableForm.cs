namespace Tidegate.Printing;

/// <summary>Whose tables are printed, where releases of istioctl differ.</summary>
public enum TableForm
{
    /// <summary>istioctl 1.16.</summary>
    Istio1_16,

    /// <summary>The current istioctl.</summary>
    Current,
}

using System.Text;

namespace Tidegate.Http.Tests.Fuzzing;

/// <summary>Makes new inputs of old ones, the same for the same seed.</summary>
internal static class Mutation
{
    public static byte[] Of(string[] corpus, int seed)
    {
        Random random = new(seed);
        StringBuilder text = new(corpus[random.Next(corpus.Length)]);
        for (int i = random.Next(5); i > 0; i--)
        {
            int at = random.Next(text.Length + 1);
            int length = Math.Min(random.Next(1, 20), text.Length - at);
            switch (random.Next(7))
            {
                case 0:
                    text.Insert(at, SampleMessages.Fragments[random.Next(SampleMessages.Fragments.Length)]);
                    break;
                case 1:
                    text.Remove(at, length);
                    break;
                case 2 when length > 0:
                    text[at] = (char)random.Next(256);
                    break;
                case 3 when length > 0:
                    text[at] = (char)(text[at] ^ (1 << random.Next(8)));
                    break;
                case 4:
                    text.Insert(at, text.ToString(at, length));
                    break;
                case 5:
                    string other = corpus[random.Next(corpus.Length)];
                    int from = random.Next(other.Length + 1);
                    text.Remove(at, text.Length - at).Append(other, from, other.Length - from);
                    break;
                default:
                    text.Insert(LineStart(text, random), SampleMessages.Fragments[random.Next(SampleMessages.Fragments.Length)]);
                    break;
            }
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    private static int LineStart(StringBuilder text, Random random)
    {
        int at = text.ToString().IndexOf('\n', random.Next(text.Length + 1));
        return at < 0 ? text.Length : at + 1;
    }
}
